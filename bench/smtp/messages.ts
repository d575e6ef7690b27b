/** The messages that are composed and sent: a subject and a text of a size, to another recipient each time. */
export const FROM = "mac@example.com";

export const recipient = (index: number): string => `customer${index % 100_000}@example.net`;

const LINE = "Dear customer, your order has left our house and is on its way to you.\n";

export interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** A mail that has about so many bytes once it is composed. */
export function mailOf(bytes: number): Mail {
  const headerBytes = 300;
  return {
    subject: "Your order is on its way",
    text: LINE.repeat(Math.max(1, Math.round((bytes - headerBytes) / 72))),
  };
}
