/** Composes a message for a test, and reads it back. */
import { compose, type ComposeContext, type Composed, type MessageFields } from "../../src/mail/index.ts";
import { type ParsedMessage, readByMailparser, readByPostalMime } from "./parsers.ts";
import { brokenRules } from "./strict-mime.ts";

const context: ComposeContext = {
  clock: { now: () => Date.UTC(2026, 0, 2, 3, 4, 5), sleep: async () => {} },
  hostname: "mail.example.com",
};

/** The message of these fields, from and to somebody where they do not say. */
export function composed(fields: MessageFields, differently: Partial<ComposeContext> = {}): Composed {
  return compose({ from: "mac@example.com", to: ["bob@example.com"], ...fields }, { ...context, ...differently });
}

/** The header of a composed message, as it is written. */
export function headerOf({ bytes }: Composed): string {
  return Buffer.from(bytes).toString("latin1").split("\r\n\r\n")[0] ?? "";
}

/** The fields of a header as lines without folds, those of one name. */
export function fieldsNamed(message: Composed, name: string): string[] {
  const lines = headerOf(message).replaceAll("\r\n ", " ").split("\r\n");
  return lines.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
}

/** The message through each parser; fails where its bytes break a rule. */
export async function readBoth(
  fields: MessageFields,
  differently?: Partial<ComposeContext>,
): Promise<{ postalMime: ParsedMessage; mailparser: ParsedMessage }> {
  const { bytes } = composed(fields, differently);
  const broken = brokenRules(bytes, { utf8: fields.smtpUtf8 === true });
  if (broken.length > 0) throw new Error(`The message breaks rules: ${JSON.stringify(broken, null, 1)}`);
  return { postalMime: await readByPostalMime(bytes), mailparser: await readByMailparser(bytes) };
}
