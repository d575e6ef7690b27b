/** Our failed deliveries as nodemailer's users know them. */
import { describeError } from "../../base/index.ts";
import type { RecipientRefusal } from "../backend.ts";
import { DeliveryError } from "../errors.ts";

/** An error with the fields that nodemailer's have; `cause` is ours. */
export interface WaxsealTransportError extends Error {
  code: string;
  response?: string;
  responseCode?: number;
  rejected?: string[];
  rejectedErrors?: WaxsealTransportError[];
  recipient?: string;
}

/** Nodemailer's codes by our stages. */
const CODES: Readonly<Record<string, string>> = {
  connect: "ECONNECTION",
  greeting: "ECONNECTION",
  ehlo: "EPROTOCOL",
  tls: "ETLS",
  starttls: "ETLS",
  auth: "EAUTH",
  mail: "EENVELOPE",
  rcpt: "EENVELOPE",
  data: "EENVELOPE",
};

/** Any error of a backend; ours is its `cause`. */
export function toTransportError(error: unknown): WaxsealTransportError {
  if (!(error instanceof DeliveryError)) {
    return Object.assign(new Error(describeError(error), { cause: error }), { code: "EMESSAGE" });
  }
  const { outcome, stage, replyCode, enhancedCode, recipients } = error;
  const code = outcome === "unknown" ? "ECONNECTION" : (CODES[stage] ?? "EMESSAGE");
  return Object.assign(new Error(error.message, { cause: error }), {
    code,
    ...(replyCode > 0 && { responseCode: replyCode, response: reply(replyCode, enhancedCode, error.message) }),
    ...(recipients.length > 0 && {
      rejected: recipients.map(({ address }) => address),
      rejectedErrors: recipients.map(toRecipientError),
    }),
  });
}

/** The refusal of one recipient. */
export function toRecipientError({ address, code, enhancedCode, text }: RecipientRefusal): WaxsealTransportError {
  const response = reply(code, enhancedCode, text);
  return Object.assign(new Error(response), { code: "EENVELOPE", responseCode: code, response, recipient: address });
}

function reply(code: number, enhancedCode: string, text: string): string {
  return [code === 0 ? "" : String(code), enhancedCode, text].filter((word) => word !== "").join(" ");
}
