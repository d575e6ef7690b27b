/** Mail to the people who run the site: from the server's own address, with a prefix to sort it by. */
import { formatMailbox, parseMailbox, parseMailboxes } from "./address.ts";
import type { Mail, MailOptions } from "./mail.ts";
import type { MessageFields, SendOptions } from "./message-fields.ts";
import { takeHtmlMessage } from "./send-options.ts";

/**
 * Django's `mail_admins` and `mail_managers`.
 *
 * @throws MessageError when the server's address, an admin or a manager is no mailbox
 */
export function staffMail(
  options: MailOptions,
  send: (message: MessageFields, options: SendOptions) => Promise<0 | 1>,
): Pick<Mail, "mailAdmins" | "mailManagers"> {
  const { serverEmail = "root@localhost", subjectPrefix = "[Waxseal] " } = options;
  const from = formatMailbox(parseMailbox(serverEmail, "serverEmail"));
  const mailGroup = (group: "admins" | "managers"): Mail["mailAdmins"] => {
    const to = parseMailboxes(options[group], group);
    return async (subject, text, sendMailOptions = {}) => {
      const { html, rest } = takeHtmlMessage(sendMailOptions);
      return to.length === 0 ? 0 : send({ subject: subjectPrefix + subject, text, html, from, to }, rest);
    };
  };
  return { mailAdmins: mailGroup("admins"), mailManagers: mailGroup("managers") };
}
