/** The reference of messages is the list of what a message may hold: every field, and no other. */
import { expect, test } from "vitest";
import { MESSAGE_FIELDS } from "../src/mail/message.ts";
import { read } from "./support/documents.ts";

const page = read("docs/reference/messages.md");
const fieldsOf = (text: string): string[] =>
  [...text.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, cell = ""]) => cell.replaceAll("`", "").split(", "));

test("every field of a message is in the reference once", () => {
  const table = page.slice(0, page.indexOf("## Attachments"));
  expect(fieldsOf(table).toSorted()).toEqual([...MESSAGE_FIELDS].toSorted());
});

test("every field of an attachment is in the reference once", () => {
  const table = page.slice(page.indexOf("## Attachments"), page.indexOf("## Sending"));
  const source = read("src/mail/message-fields.ts");
  const declared = source.slice(
    source.indexOf("export interface Attachment {"),
    source.indexOf("export interface Alternative"),
  );
  const names = [...declared.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(5);
  expect(fieldsOf(table).toSorted()).toEqual(names.toSorted());
});
