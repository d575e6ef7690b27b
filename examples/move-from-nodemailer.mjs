// One message in two ways: by nodemailer through Waxseal, then by Waxseal alone. It needs `npm i nodemailer`, and a server:
// the inbox of `waxseal dev`, unless the environment names another.
import { createTransport } from "nodemailer";
import { createMail, createMailers, smtpBackend, waxsealTransport } from "waxseal/mail";

const { SMTP_HOST = "127.0.0.1", SMTP_PORT = "1025", MAIL_TO = "ann@example.com" } = process.env;
const backend = smtpBackend({ host: SMTP_HOST, port: Number(SMTP_PORT) });

// Before: createTransport({ host, port }). The rest of the program stays as it is.
const transporter = createTransport(waxsealTransport(backend));
const info = await transporter.sendMail({
  from: "Shop <shop@example.com>",
  to: MAIL_TO,
  subject: "By nodemailer",
  text: "Composed by nodemailer, sent by Waxseal.",
});
console.log(info.messageId, info.accepted);

// After: recipients are lists, one string being one mailbox.
const mail = createMail({ mailers: createMailers({ default: backend }), defaultFromEmail: "Shop <shop@example.com>" });
const receipt = await mail.send({
  to: [MAIL_TO],
  subject: "By Waxseal",
  text: "Composed and sent by Waxseal.",
});
console.log(receipt?.response, receipt?.accepted);

await mail.mailers.close();
