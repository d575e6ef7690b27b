/** One conversation with a fake provider, command by command (RFC 5321), each answer open to a fault. */
import { type ClientStream, Gone, onTheWire } from "./client-stream.ts";
import type { FakeContext, FakeFault, FakeStage } from "./fault.ts";
import { fromAddress, isFromForQq } from "./from-header.ts";
import { encodeGbk } from "./gbk.ts";
import type { House } from "./house.ts";
import { readMechanism } from "./log-in.ts";

const SEQUENCE = "503 5.5.1 Bad sequence of commands";
const BAD_SYNTAX = "501 5.5.4 Syntax error in parameters";
const PIPELINED = "503 5.5.0 Error: improper use of SMTP command pipelining";
const BARE_LF = "521 5.5.2 Error: bare <LF> received";
/** What must be the last of a group, as its answer decides what comes next (RFC 2920, section 3.1). */
const LAST_IN_GROUP = new Set(["EHLO", "HELO", "DATA", "STARTTLS", "AUTH", "QUIT"]);

export class Session {
  readonly #house: House;
  readonly #stream: ClientStream;
  readonly #connection: number;
  #isEncrypted: boolean;
  #user = "";
  #from: string | undefined;
  #to: string[] = [];
  #chunks: Buffer[] = [];
  #messages = 0;
  #line = "";

  constructor(
    house: House,
    stream: ClientStream,
    { connection, isEncrypted }: { connection: number; isEncrypted: boolean },
  ) {
    this.#house = house;
    this.#stream = stream;
    this.#connection = connection;
    this.#isEncrypted = isEncrypted;
  }

  /** Talks until one side leaves. */
  async run(): Promise<void> {
    try {
      await this.#greet();
      for (;;) await this.#command();
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
    }
  }

  async #greet(): Promise<void> {
    const { profile, counts } = this.#house;
    if (this.#stream.hasMore && profile.isStrict) await this.#leave(PIPELINED);
    const { connections } = profile.limits;
    const isFull = connections !== undefined && counts.open > connections;
    const code = await this.#answer("greeting", isFull ? profile.replies.tooManyConnections : profile.greeting);
    if (code !== 220) this.#end();
  }

  async #command(): Promise<void> {
    const { text, isBare } = await this.#stream.line();
    this.#line = text;
    const verb = (/^[A-Za-z]+/.exec(text)?.[0] ?? "").toUpperCase();
    if (this.#house.profile.isStrict) {
      if (isBare) await this.#leave(BARE_LF);
      if (LAST_IN_GROUP.has(verb) && this.#stream.hasMore) await this.#leave(PIPELINED);
    }
    await this.#handle(verb, text);
  }

  async #handle(verb: string, text: string): Promise<void> {
    switch (verb) {
      case "EHLO":
      case "HELO":
        this.#forget();
        return void (await this.#answer("ehlo", verb === "EHLO" ? this.#offer() : "250 fake"));
      case "STARTTLS":
        return this.#startTls();
      case "AUTH":
        return this.#logIn(text);
      case "MAIL":
        return this.#mail(text);
      case "RCPT":
        return this.#rcpt(text);
      case "DATA":
        return this.#data();
      case "BDAT":
        return this.#chunk(text);
      case "RSET":
        this.#forget();
        return this.#say("250 2.0.0 Ok");
      case "NOOP":
        return this.#say("250 2.0.0 Ok");
      case "QUIT":
        await this.#answer("quit", "221 2.0.0 Bye");
        return this.#end();
      default:
        return this.#say("502 5.5.2 Error: command not recognized");
    }
  }

  #offer(): string {
    const { profile, security } = this.#house;
    const lines = ["fake", ...profile.keywords, `SIZE ${profile.maxBytes}`, `AUTH ${profile.mechanisms.join(" ")}`];
    if (security === "starttls" && !this.#isEncrypted) lines.push("STARTTLS");
    return lines.map((line, at) => `250${at === lines.length - 1 ? " " : "-"}${line}`).join("\n");
  }

  async #startTls(): Promise<void> {
    const { security, secure } = this.#house;
    if (security !== "starttls" || this.#isEncrypted) return this.#say(SEQUENCE);
    if ((await this.#answer("starttls", "220 2.0.0 Ready to start TLS")) !== 220) return;
    await this.#stream.secure(secure);
    this.#isEncrypted = true;
    this.#user = "";
    this.#forget();
  }

  async #logIn(text: string): Promise<void> {
    const { profile, counts, quotas, accounts } = this.#house;
    const [, name = "", initial] = text.split(" ");
    const mechanism = profile.mechanisms.find((known) => known === name.toUpperCase());
    this.#line = `AUTH ${name}`;
    if (this.#user !== "") return this.#say(SEQUENCE);
    if (mechanism === undefined) return this.#say("504 5.7.4 Unrecognized authentication type");
    const ask = async (challenge: string): Promise<string> => {
      await this.#say(`334 ${challenge}`.trimEnd());
      return (await this.#stream.line()).text;
    };
    const given = await readMechanism(mechanism, initial, ask);
    if (given === undefined) return this.#say(BAD_SYNTAX);
    counts.logIns += 1;
    const isRight = accounts === undefined || accounts[given.user] === given.secret;
    const passwordsOff = mechanism === "XOAUTH2" ? undefined : profile.replies.passwordsOff;
    const refusal = quotas.logIn(given.user) ?? passwordsOff ?? (isRight ? undefined : profile.replies.wrongPassword);
    const code = await this.#answer("auth", refusal ?? profile.replies.loggedIn);
    if (code === 235) this.#user = given.user;
    else counts.refusedLogIns += 1;
  }

  async #mail(text: string): Promise<void> {
    const { profile, quotas } = this.#house;
    const { replies } = profile;
    const from = /^MAIL FROM: ?<([^<>]*)>/i.exec(text)?.[1];
    if (from === undefined) return this.#say(BAD_SYNTAX);
    if (this.#from !== undefined) return this.#say(SEQUENCE);
    const size = Number(/ SIZE=(\d+)/i.exec(text)?.[1] ?? 0);
    const isOther = from.toLowerCase() !== this.#user.toLowerCase();
    const refusal =
      (this.#user === "" ? replies.logInFirst : undefined) ??
      (this.#user !== "" && isOther ? replies.fromNotLogIn : undefined) ??
      (size > profile.maxBytes ? replies.tooLarge : undefined) ??
      quotas.message(this.#user, this.#messages);
    this.#messages += 1;
    const code = await this.#answer("mail", refusal ?? "250 2.1.0 Ok", { from });
    if (code === 250) this.#from = from;
  }

  async #rcpt(text: string): Promise<void> {
    const to = /^RCPT TO: ?<([^<>]+)>/i.exec(text)?.[1];
    if (to === undefined) return this.#say(BAD_SYNTAX);
    if (this.#from === undefined) return this.#say(SEQUENCE);
    const refusal = this.#house.quotas.recipient(this.#user, this.#to.length);
    const code = await this.#answer("rcpt", refusal ?? "250 2.1.5 Ok", { to: [...this.#to, to] });
    if (code === 250 || code === 251) this.#to.push(to);
  }

  async #data(): Promise<void> {
    if (this.#from === undefined || this.#to.length === 0) return this.#say("503 5.5.1 Error: need RCPT command");
    if ((await this.#answer("data", "354 End data with <CR><LF>.<CR><LF>")) !== 354) return;
    await this.#faultWithin();
    await this.#finish(await this.#stream.content());
  }

  async #chunk(text: string): Promise<void> {
    const [, count, last] = /^BDAT (\d{1,9})( LAST)?$/i.exec(text) ?? [];
    if (count === undefined || !this.#house.profile.keywords.includes("CHUNKING")) return this.#say(BAD_SYNTAX);
    if (Number(count) > 0) await this.#faultWithin();
    this.#chunks.push(await this.#stream.bytes(Number(count)));
    if (this.#from === undefined || this.#to.length === 0) return this.#say(SEQUENCE);
    if (last === undefined) return void (await this.#answer("data", `250 2.0.0 ${count} octets received`));
    await this.#finish(Buffer.concat(this.#chunks));
  }

  async #finish(bytes: Buffer): Promise<void> {
    const { profile, quotas, received, counts } = this.#house;
    const from = this.#from ?? "";
    const to = this.#to;
    const isStray = profile.isStrict && /(?:^|[^\r])\n|\r(?!\n)/.test(bytes.toString("latin1"));
    if (isStray) await this.#leave(BARE_LF);
    const code = await this.#answer("final", this.#refusalOf(bytes) ?? profile.replies.accepted);
    const message = { from, to, user: this.#user, bytes, connection: this.#connection };
    this.#forget();
    if (code !== 250) return;
    received.push(message);
    counts.messages += 1;
    quotas.count(this.#user, to.length);
  }

  #refusalOf(bytes: Buffer): string | undefined {
    const { profile } = this.#house;
    const { tooLarge, badFromHeader, fromMismatch } = profile.replies;
    if (bytes.length > profile.maxBytes) return tooLarge;
    if (profile.readsFromAsQq && !isFromForQq(bytes)) return badFromHeader;
    return fromAddress(bytes).toLowerCase() === this.#from?.toLowerCase() ? undefined : fromMismatch;
  }

  /** A fault while the message comes in: its first bytes have come, and the rest may never. */
  async #faultWithin(): Promise<void> {
    const fault = this.#house.faults.take("content", this.#context());
    if (fault === undefined) return;
    await this.#stream.more();
    await this.#perform(fault, undefined);
  }

  /** Answers, or does what a fault wants instead; returns the code that the client was told. */
  async #answer(stage: FakeStage, reply: string, at: Partial<FakeContext> = {}): Promise<number> {
    const fault = this.#house.faults.take(stage, { ...this.#context(), ...at });
    const said = fault === undefined ? reply : await this.#perform(fault, reply);
    if (fault === undefined) await this.#say(reply);
    return Number(said.slice(0, 3));
  }

  /** Does what a fault wants; returns the reply that was said. */
  async #perform(
    { reply, bytes, close, delayMs, dripMs, stall }: FakeFault,
    usual: string | undefined,
  ): Promise<string> {
    if (delayMs !== undefined) await this.#stream.pause(delayMs);
    if (stall === true) {
      await this.#stream.gone();
      throw new Gone();
    }
    const said = reply ?? (close === undefined ? usual : undefined) ?? "";
    if (bytes !== undefined) await this.#stream.write(Buffer.from(bytes), dripMs);
    else if (said !== "") await this.#say(said, dripMs);
    if (close !== undefined) this.#end(close);
    return bytes === undefined ? said : Buffer.from(bytes).toString("latin1");
  }

  async #leave(reply: string): Promise<never> {
    await this.#say(reply);
    return this.#end();
  }

  #end(how: "fin" | "rst" = "fin"): never {
    this.#stream.end(how);
    throw new Gone();
  }

  async #say(reply: string, dripMs?: number): Promise<void> {
    const encode = this.#house.profile.charset === "gbk" ? encodeGbk : (text: string) => Buffer.from(text, "utf8");
    await this.#stream.write(onTheWire(reply.split("\n").map(encode)), dripMs);
  }

  #forget(): void {
    this.#from = undefined;
    this.#to = [];
    this.#chunks = [];
  }

  #context(): FakeContext {
    return {
      connection: this.#connection,
      message: this.#messages,
      line: this.#line,
      user: this.#user,
      from: this.#from ?? "",
      to: this.#to,
    };
  }
}
