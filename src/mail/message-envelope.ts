/** The envelope of a message: who the server is told it is from and to, and what is asked of the servers. */
import { findUnknownOption } from "../base/index.ts";
import { type AddressOptions, addressOptionsOf, toAsciiAddress } from "./addr-spec.ts";
import type { Mailbox } from "./address.ts";
import type { Envelope } from "./backend.ts";
import { MessageError } from "./errors.ts";
import type { MessageFields } from "./message-fields.ts";
import type { People } from "./people.ts";
import { headerText, notText } from "./text.ts";

/** RFC 3461, section 4.4: at most 100 characters. */
const DSN_ID = /^[!-~]{1,100}$/;
// oxlint-disable-next-line no-control-regex -- every character of ASCII
const ASCII = /^[\0-\x7f]*$/;
const NOTIFY: readonly unknown[] = ["success", "failure", "delay"];

/**
 * The envelope: what the field `envelope` says, else the sender and everyone in to, cc and bcc, each once.
 *
 * @param isUtf8 True where the header holds text outside ASCII as it is.
 * @throws MessageError WX_MESSAGE_NO_RECIPIENT, WX_MESSAGE_ADDRESS, WX_MESSAGE_ENVELOPE
 */
export function messageEnvelope(message: MessageFields, people: People, isUtf8: boolean): Envelope {
  const { smtpUtf8 } = message;
  // Programs without types say null for what they do not have.
  const own = checkObject(message.envelope ?? {}, ["from", "to"], "envelope");
  const [dsn, requireTls] = [message.dsn ?? undefined, message.requireTls ?? undefined];
  const [tags, metadata] = [message.tags ?? undefined, message.metadata ?? undefined];
  const options = addressOptionsOf(message);
  const to = own.to === undefined ? everyone(people, options) : ownRecipients(own.to, options);
  const envelope = { from: ownSender(own.from, people.from, options), to };
  const isInternational =
    isUtf8 || (smtpUtf8 === true && !(ASCII.test(envelope.from) && to.every((one) => ASCII.test(one))));
  if (
    !isInternational &&
    dsn === undefined &&
    requireTls === undefined &&
    tags === undefined &&
    metadata === undefined
  ) {
    return envelope;
  }
  return {
    ...envelope,
    ...(isInternational ? { smtpUtf8: true } : {}),
    ...(dsn === undefined ? {} : { dsn: checkDsn(dsn) }),
    ...(requireTls === undefined ? {} : { requireTls: checkRequireTls(requireTls) }),
    ...(tags === undefined ? {} : { tags: checkTags(tags) }),
    ...(metadata === undefined ? {} : { metadata: checkMetadata(metadata) }),
  };
}

/** The null sender, to which nothing bounces, may be given in `envelope` only. */
function ownSender(own: string | undefined, from: Mailbox, options: AddressOptions | undefined): string {
  if (own === "") return "";
  return own === undefined
    ? toAsciiAddress(from.address, "from", options)
    : toAsciiAddress(own, "envelope.from", options);
}

function everyone({ to, cc, bcc }: People, options: AddressOptions | undefined): string[] {
  const [only] = to;
  // The usual message, with nothing to compare.
  if (only !== undefined && to.length + cc.length + bcc.length === 1) {
    return [toAsciiAddress(only.address, "address", options)];
  }
  const recipients = new Map<string, string>();
  for (const list of [to, cc, bcc]) {
    for (const { address } of list) addRecipient(recipients, toAsciiAddress(address, "address", options));
  }
  if (recipients.size > 0) return [...recipients.values()];
  const fix = "Name at least one address in to, cc or bcc";
  throw new MessageError("WX_MESSAGE_NO_RECIPIENT", { field: "to", problem: "names nobody", fix });
}

function ownRecipients(to: unknown, options: AddressOptions | undefined): string[] {
  if (!Array.isArray(to)) throw notAList("envelope.to");
  const recipients = new Map<string, string>();
  for (const [index, address] of to.entries()) {
    addRecipient(recipients, toAsciiAddress(address, `envelope.to[${index}]`, options));
  }
  if (recipients.size > 0) return [...recipients.values()];
  const fix = "Name at least one address, or leave it out";
  throw new MessageError("WX_MESSAGE_NO_RECIPIENT", { field: "envelope.to", problem: "names nobody", fix });
}

/** One recipient per mailbox, however often it is named; case matters before the @ only. */
function addRecipient(recipients: Map<string, string>, address: string): void {
  const at = address.lastIndexOf("@");
  const key = address.slice(0, at) + address.slice(at).toLowerCase();
  if (!recipients.has(key)) recipients.set(key, address);
}

function checkDsn(dsn: NonNullable<Envelope["dsn"]>): NonNullable<Envelope["dsn"]> {
  const { notify, return: part, id } = checkObject(dsn, ["notify", "return", "id"], "dsn");
  const isNotify =
    notify === undefined || notify === "never" || (isList(notify) && notify.every((one) => NOTIFY.includes(one)));
  if (!isNotify)
    throw bad("dsn.notify", "is not when to report", 'Say "never", or a list of "success", "failure" and "delay"');
  if (part !== undefined && part !== "headers" && part !== "full") {
    throw bad("dsn.return", "is not what a report returns", 'Say "headers" or "full"');
  }
  if (id !== undefined && !(typeof id === "string" && DSN_ID.test(id))) {
    throw bad("dsn.id", "is not an envelope's id", "Give at most 100 visible ASCII characters without spaces");
  }
  return {
    ...(notify !== undefined && { notify: typeof notify === "string" ? notify : [...notify] }),
    ...(part !== undefined && { return: part }),
    ...(id !== undefined && { id }),
  };
}

function checkRequireTls(requireTls: unknown): boolean {
  if (typeof requireTls === "boolean") return requireTls;
  throw bad("requireTls", "is not true or false", "Say true to refuse every way that is not under TLS");
}

function checkTags(tags: unknown): readonly string[] {
  if (!Array.isArray(tags)) throw notAList("tags");
  return tags.map((tag, index) => headerText(tag, `tags[${index}]`));
}

function checkMetadata(metadata: unknown): Readonly<Record<string, string>> {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw bad("metadata", "is not an object", 'Write { name: "value" }');
  }
  for (const [name, value] of Object.entries(metadata)) {
    headerText(name, "metadata");
    if (typeof value !== "string") throw notText(value, `metadata[${JSON.stringify(name)}]`);
  }
  return { ...metadata };
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0;
}

function notAList(field: string): MessageError {
  return new MessageError("WX_MESSAGE_LIST", { field, problem: "is not a list", fix: "Write it in square brackets" });
}

function bad(field: string, problem: string, fix: string): MessageError {
  return new MessageError("WX_MESSAGE_ENVELOPE", { field, problem, fix });
}

/** The value, when it is an object with known fields only. */
function checkObject<T extends object>(value: T, known: readonly (keyof T & string)[], field: string): T {
  if (typeof value !== "object" || Array.isArray(value))
    throw bad(field, "is not an object", `Write { ${known.join(", ")} }`);
  const unknown = findUnknownOption(value, known);
  if (unknown === undefined) return value;
  const { name, hint: fix } = unknown;
  throw new MessageError("WX_MESSAGE_FIELD", { field, value: name, problem: "is not a field of it", fix });
}
