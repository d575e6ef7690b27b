// Sends one message with text, HTML, a file, a picture and an invitation: to the inbox of `waxseal dev`, unless the
// environment names another server. In a clone: npm run build, then in one terminal `npx waxseal dev`, in another
// `node examples/send-mail.mjs`; then open http://127.0.0.1:8025/inbox.
import { DeliveryError, createMail, createMailers, EmailMessage, lintMessage, smtpBackend } from "waxseal/mail";

const { SMTP_HOST = "127.0.0.1", SMTP_PORT = "1025", MAIL_TO = "ann@example.com" } = process.env;
const backend = smtpBackend({ host: SMTP_HOST, port: Number(SMTP_PORT) });
const mail = createMail({
  mailers: createMailers({ default: backend }),
  defaultFromEmail: "Shop <shop@example.com>",
});

const picture =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const calendar = [
  "BEGIN:VCALENDAR",
  "VERSION:2.0",
  "PRODID:-//shop.example//tea//EN",
  "METHOD:REQUEST",
  "BEGIN:VEVENT",
  "UID:tea-1@shop.example",
  "DTSTAMP:20260101T000000Z",
  "DTSTART:20260108T160000Z",
  "DTEND:20260108T170000Z",
  "SUMMARY:Tea 喝茶",
  "ORGANIZER:mailto:shop@example.com",
  `ATTENDEE:mailto:${MAIL_TO}`,
  "END:VEVENT",
  "END:VCALENDAR",
  "",
].join("\r\n");

const message = new EmailMessage({
  subject: "Tea on Thursday 周四喝茶",
  to: [{ name: "Ann 安", address: MAIL_TO }],
  icalEvent: { content: calendar, method: "request" },
});
const dot = message.embed({ path: picture, filename: "dot.png" });
message.html = `<h1>Tea 喝茶</h1>
<p>Thursday at four, in the room above the shop. The menu is attached; say until Wednesday what you would like to drink.
<p>周四下午四点，店铺楼上。茶单见附件，请在周三之前告诉我们您想喝什么。
<p><img src="${dot}" width="48" height="48" alt="A red dot">`;
message.attach("menu 茶单.csv", "tea,price\n龙井,12\n");

for (const { rule, fix } of lintMessage(message, { defaultFrom: "shop@example.com" })) console.warn(`${rule}: ${fix}`);
try {
  const receipt = await mail.send(message);
  console.log(`${receipt?.server} took it for ${receipt?.accepted.join(", ")}: ${receipt?.response}`);
} catch (error) {
  if (!(error instanceof DeliveryError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await mail.mailers.close();
}
