/** Keeps what must never be shown out of everything a server may echo back to us. */
import { replyOf, type SmtpReply } from "./reply.ts";

const HIDDEN = "[hidden]";
/** A run that could be base64; shorter ones say nothing and are common words. */
const BASE64_RUN = /[A-Za-z0-9+/]{8,}={0,2}/g;
/** A shorter secret stands in other words by chance, a challenge in base64 among them: it is hidden as a whole word only. */
const MIN_PIECE_LENGTH = 6;

export class Secrets {
  readonly #texts: (string | RegExp)[] = [];
  readonly #encoded: string[] = [];

  /** Whether nothing is hidden so far. */
  get empty(): boolean {
    return this.#texts.length === 0;
  }

  /** Hides `text`, and its base64 form or any longer piece of that, from now on. */
  add(text: string): void {
    const encoded = Buffer.from(text, "utf8").toString("base64");
    if (text === "" || this.#encoded.includes(encoded)) return;
    this.#texts.push(...[text, encoded].map(patternOf));
    this.#encoded.push(encoded);
  }

  /** The text without any secret in it. */
  hide(text: string): string {
    let hidden = text;
    for (const secret of this.#texts) hidden = hidden.replaceAll(secret, HIDDEN);
    return hidden.replace(BASE64_RUN, (run) => (this.#holds(run) ? HIDDEN : run));
  }

  /** The reply without any secret in its words. */
  hideIn(reply: SmtpReply): SmtpReply {
    if (this.empty) return reply;
    const lines = reply.lines.map((line) => this.hide(line));
    return lines.every((line, index) => line === reply.lines[index]) ? reply : replyOf(reply.code, lines);
  }

  #holds(run: string): boolean {
    return this.#encoded.some((encoded) => encoded.includes(run));
  }
}

function patternOf(secret: string): string | RegExp {
  if (secret.length >= MIN_PIECE_LENGTH) return secret;
  const literal = secret.replace(/[^\p{L}\p{N}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  return new RegExp(`(?<![A-Za-z0-9+/=])${literal}(?![A-Za-z0-9+/=])`, "gu");
}
