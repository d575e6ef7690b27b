/** The reports that a client asked for (RFC 3461), as an envelope holds them: for all recipients the same. */
import type { SMTPServerAddress } from "smtp-server";
import type { MessageFields } from "../../mail/index.ts";

type Dsn = NonNullable<MessageFields["dsn"]>;
type Notify = Exclude<Dsn["notify"], "never" | undefined>[number];

/**
 * What was asked for, if anything was.
 *
 * Where recipients differ, all get what one of them got: a report too many is better than one too few. What `ORCPT` said
 * is not passed on.
 */
export function dsnOf(sender: SMTPServerAddress, recipients: readonly SMTPServerAddress[]): Dsn | undefined {
  const args = sender.args === false ? {} : sender.args;
  const notify = notifyOf(recipients);
  const dsn: Dsn = {
    ...(notify !== undefined && { notify }),
    ...(typeof args["RET"] === "string" && { return: args["RET"].toUpperCase() === "FULL" ? "full" : "headers" }),
    // RFC 3461, section 4.4; what is longer or has blanks does not fit what is sent on.
    ...(typeof args["ENVID"] === "string" && /^[!-~]{1,100}$/.test(args["ENVID"]) && { id: args["ENVID"] }),
  };
  return Object.keys(dsn).length === 0 ? undefined : dsn;
}

function notifyOf(recipients: readonly SMTPServerAddress[]): Dsn["notify"] {
  const asked = recipients.flatMap(({ dsn }) => (dsn?.notify === undefined ? [] : [dsn.notify]));
  if (asked.length === 0) return undefined;
  const events = new Set(asked.flat().map((event) => event.toLowerCase()));
  events.delete("never");
  if (events.size > 0) return [...events] as Notify[];
  return asked.length === recipients.length ? "never" : undefined;
}
