/** The server's part of SCRAM-SHA-256 (RFC 5802), as a scripted mail server plays it. */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import type { Peer } from "./scripted-smtp.ts";

const SALT = Buffer.from("a fixed salt for tests");
const ITERATIONS = 4096;

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const text = (encoded: string): string => Buffer.from(encoded, "base64").toString();
const hmac = (key: Buffer, data: string): Buffer => createHmac("sha256", key).update(data).digest();

/** What the server does beside the protocol. */
export interface ScramPlay {
  readonly password: string;
  /** Sends this in place of its signature. */
  readonly serverFinal?: string;
}

/** Answers `AUTH SCRAM-SHA-256 ...` up to the last line; returns whether the client's proof was right. */
export async function playScram(peer: Peer, { password, serverFinal }: ScramPlay): Promise<boolean> {
  const clientFirst = text((await peer.line()).split(" ")[2] ?? "").slice("n,,".length);
  const serverFirst = `r=${/r=([^,]+)/.exec(clientFirst)?.[1]}server,s=${SALT.toString("base64")},i=${ITERATIONS}`;
  await peer.say(`334 ${base64(serverFirst)}\r\n`);
  const clientFinal = text(await peer.line());
  const [withoutProof = "", proof = ""] = clientFinal.split(",p=");
  const said = `${clientFirst},${serverFirst},${withoutProof}`;
  const salted = pbkdf2Sync(password, SALT, ITERATIONS, 32, "sha256");
  const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest();
  const signature = hmac(storedKey, said);
  const clientKey = Buffer.from(Buffer.from(proof, "base64").map((byte, at) => byte ^ (signature[at] ?? 0)));
  const isRight = createHash("sha256").update(clientKey).digest().equals(storedKey);
  if (!isRight) {
    await peer.say("535 5.7.8 wrong proof\r\n");
    return false;
  }
  const final = serverFinal ?? `v=${hmac(hmac(salted, "Server Key"), said).toString("base64")}`;
  await peer.say(`334 ${base64(final)}\r\n`);
  await peer.line();
  await peer.say("235 welcome\r\n");
  return true;
}
