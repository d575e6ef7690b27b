/** A server's reply as a value (RFC 5321, section 4.2; enhanced codes RFC 2034). */
import { isUtf8 } from "node:buffer";
import { clip, showable } from "./quote.ts";

/** One reply of a server, read. */
export interface SmtpReply {
  /** 200 to 599. */
  readonly code: number;
  /** For example "5.7.1"; "" where the server gave none. */
  readonly enhancedCode: string;
  /** The text of each line, without the reply code. */
  readonly lines: readonly string[];
  /** The text of all lines in one, without the enhanced code. */
  readonly text: string;
}

const ZERO = 0x30;
const ENHANCED = /^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)/;

/** Chinese servers answer in GB18030 (or its subset GBK); everything else is UTF-8 or ASCII. */
function decode(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString("utf8") : new TextDecoder("gb18030").decode(bytes);
}

/** A reply as it came: its code is known, its words are read only when somebody asks for them. */
export class RawReply {
  readonly code: number;
  /** Holds the text of each line, without code and separator, with a newline between two; one character a byte. */
  readonly #source: string;
  readonly #from: number;
  readonly #end: number;
  #value: SmtpReply | undefined;

  constructor(code: number, source: string, from: number, end: number) {
    this.code = code;
    this.#source = source;
    this.#from = from;
    this.#end = end;
  }

  /** A reply of several lines. */
  static ofLines(code: number, texts: readonly string[]): RawReply {
    const whole = texts.join("\n");
    return new RawReply(code, whole, 0, whole.length);
  }

  read(): SmtpReply {
    this.#value ??= this.#parse();
    return this.#value;
  }

  #parse(): SmtpReply {
    const text = this.#source.slice(this.#from, this.#end);
    if (PLAIN_LINE.test(text)) return replyOfLine(this.code, text);
    return replyOf(this.code, decode(Buffer.from(text, "latin1")).split("\n").map(showable));
  }
}

/** One line of visible ASCII, which nearly every reply is: read without a detour, as there is one for each message. */
const PLAIN_LINE = /^[ -~]*$/;

function replyOfLine(code: number, line: string): SmtpReply {
  const length = enhancedLength(line);
  if (length === 0 || line.charCodeAt(0) - ZERO !== Math.trunc(code / 100)) {
    return { code, enhancedCode: "", lines: [line], text: line.trim() };
  }
  return { code, enhancedCode: line.slice(0, length), lines: [line], text: line.slice(length).trim() };
}

/** How long the enhanced code is that a plain line begins with. */
function enhancedLength(line: string): number {
  if (!ENHANCED.test(line)) return 0;
  const end = line.indexOf(" ");
  return end === -1 ? line.length : end;
}

/** A reply from its code and its lines as text. */
export function replyOf(code: number, lines: readonly string[]): SmtpReply {
  const enhancedCode = ENHANCED.exec(lines[0] ?? "")?.[1] ?? "";
  const fits = enhancedCode.startsWith(String(code)[0] ?? "");
  const words = lines.map((line) => (fits ? line.replace(ENHANCED, "") : line).trim());
  return { code, enhancedCode: fits ? enhancedCode : "", lines, text: words.filter((word) => word !== "").join(" ") };
}

/** The reply in one line, as the server said it. */
export function formatReply({ code, enhancedCode, text }: SmtpReply): string {
  const start = enhancedCode === "" ? String(code) : `${code} ${enhancedCode}`;
  return clip(text === "" ? start : `${start} ${text}`, 500);
}

/**
 * Whether what was refused may be taken later: 4xx and 421, and 552 for a recipient, which some servers use
 * for "too many recipients" (RFC 5321, section 4.5.3.1.10).
 */
export function isRetryable(reply: SmtpReply, about: "recipient" | "other" = "other"): boolean {
  return reply.code < 500 || (about === "recipient" && reply.code === 552);
}
