/** The messages that are composed: text and HTML as shops send them, and files. */
import { Buffer } from "node:buffer";

/** A message in terms that every library has. */
export interface Case {
  title: string;
  fromName: string;
  toName: string;
  subject: string;
  text: string;
  html?: string;
  attachment?: { filename: string; content: Buffer };
}

export const FROM_ADDRESS = "shop@example.com";

/** Another recipient for each message, as in life: nothing of an address can be reused. */
export function recipient(index: number): string {
  return `customer${index % 100_000}@example.net`;
}

const ENGLISH = [
  "Thank you for your order. It leaves our cold store tomorrow morning,",
  "and the driver will call you half an hour before he is at your door.",
  "",
  "You can change the day of delivery until 8 pm: please open your order",
  "in the shop, choose another day, and confirm the change.",
];
const CHINESE = [
  "感谢您的订购。您的商品将于明天早上从冷库发出，",
  "配送员到达前半小时会给您打电话。",
  "",
  "您可以在今晚八点之前修改送货日期：请在商城中打开订单，选择新的日期并确认。",
];

/** Lines repeated until they come to `octets` of UTF-8. */
function lines(source: readonly string[], octets: number): string {
  let text = "";
  for (let index = 0; Buffer.byteLength(text) < octets; index++) text += `${source[index % source.length]}\n`;
  return text;
}

function page(text: string): string {
  const paragraphs = text.split("\n").map((line) => (line === "" ? "<br>" : `<p>${line}</p>`));
  return `<!doctype html>\n<html><body>\n${paragraphs.join("\n")}\n</body></html>\n`;
}

const english = { fromName: "Fresh Daily", toName: "Ann Lee", subject: "Your order is on its way" };
const chinese = { fromName: "天天生鲜", toName: "王小明", subject: "您的订单已经发货，请注意查收" };

function withFile(megabytes: number): Case {
  const content = Buffer.from(Array.from({ length: 251 }, (_, index) => (index * 7) % 256));
  const attachment = { filename: "invoice.pdf", content: Buffer.alloc(megabytes * 1_000_000, content) };
  return { ...english, title: `Text and a file of ${megabytes} MB`, text: lines(ENGLISH, 1000), attachment };
}

export const CASES: readonly Case[] = [
  { ...english, title: "Text of 1 kB", text: lines(ENGLISH, 1000) },
  {
    ...english,
    title: "Text and HTML of 10 kB each, English",
    text: lines(ENGLISH, 10_000),
    html: page(lines(ENGLISH, 10_000)),
  },
  {
    ...chinese,
    title: "Text and HTML of 10 kB each, Chinese",
    text: lines(CHINESE, 10_000),
    html: page(lines(CHINESE, 10_000)),
  },
  withFile(1),
  withFile(10),
];
