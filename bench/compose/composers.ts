/** The libraries, each composing a case as its documentation says. */
import { Message } from "emailjs";
import { createMimeMessage } from "mimetext";
import MailComposer from "nodemailer/lib/mail-composer";
import { systemClock } from "../../src/base/index.ts";
import { compose } from "../../src/mail/index.ts";
import { type Case, FROM_ADDRESS, recipient } from "./cases.ts";

/** Composes the case for the recipient of that number, down to the bytes that a socket takes. */
export type Composer = (one: Case, index: number) => Uint8Array | Promise<Uint8Array>;

const context = { clock: systemClock, hostname: "example.com" };

function waxseal({ fromName, toName, subject, text, html, attachment }: Case, index: number): Uint8Array {
  return compose(
    {
      from: `${fromName} <${FROM_ADDRESS}>`,
      to: [`${toName} <${recipient(index)}>`],
      subject,
      text,
      html,
      ...(attachment === undefined ? {} : { attachments: [attachment] }),
    },
    context,
  ).bytes;
}

function nodemailer({ fromName, toName, subject, text, html, attachment }: Case, index: number): Promise<Buffer> {
  const composer = new MailComposer({
    from: `${fromName} <${FROM_ADDRESS}>`,
    to: [`${toName} <${recipient(index)}>`],
    subject,
    text,
    html,
    ...(attachment === undefined ? {} : { attachments: [attachment] }),
  });
  return composer.compile().build();
}

/** It encodes no body: 8-bit text with the line ends it was given, and attachments that the caller has encoded. */
function mimetext({ fromName, toName, subject, text, html, attachment }: Case, index: number): Buffer {
  const message = createMimeMessage();
  message.setSender({ name: fromName, addr: FROM_ADDRESS });
  message.setRecipient({ name: toName, addr: recipient(index) });
  message.setSubject(subject);
  message.addMessage({ contentType: "text/plain", data: text });
  if (html !== undefined) message.addMessage({ contentType: "text/html", data: html });
  if (attachment !== undefined) {
    const { filename, content } = attachment;
    message.addAttachment({ filename, contentType: "application/pdf", data: content.toString("base64") });
  }
  return Buffer.from(message.asRaw());
}

async function emailjs({ fromName, toName, subject, text, html, attachment }: Case, index: number): Promise<Buffer> {
  const message = new Message({
    from: `${fromName} <${FROM_ADDRESS}>`,
    to: `${toName} <${recipient(index)}>`,
    subject,
    text,
  });
  if (html !== undefined) message.attach({ data: html, alternative: true });
  if (attachment !== undefined) {
    const { filename, content } = attachment;
    message.attach({ data: content.toString("base64"), encoded: true, type: "application/pdf", name: filename });
  }
  return Buffer.from(await message.readAsync());
}

export const COMPOSERS: Readonly<Record<string, Composer>> = { Waxseal: waxseal, nodemailer, mimetext, emailjs };
