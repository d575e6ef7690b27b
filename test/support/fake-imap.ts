/** An IMAP server of a few commands with one mailbox in memory, which refuses whom NetEase would refuse, and hangs up when it is told to. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A running server. */
export interface FakeImap {
  readonly port: number;
  /** Its mails; the first has UID 1. */
  readonly mails: string[];
  /** Each command as it came, without its tag and without what was secret in it. */
  readonly commands: string[];
  /** Changes, as a server may do when its mailbox was made anew. */
  uidValidity: number;
  /** How many connections were made so far. */
  readonly connections: number;
  /** Ends every connection. */
  hangUp(): void;
}

/** Takes any password but "wrong". */
export async function serveImap({ wantsId = false }: { wantsId?: boolean } = {}): Promise<FakeImap> {
  const sockets = new Set<Socket>();
  const state = { port: 0, mails: [] as string[], commands: [] as string[], uidValidity: 1, connections: 0 };
  const server = createServer((socket) => {
    sockets.add(socket);
    state.connections++;
    talk(socket, state, wantsId);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  state.port = (server.address() as AddressInfo).port;
  const hangUp = (): void => sockets.forEach((socket) => socket.destroy());
  onTestFinished(() => {
    hangUp();
    server.close();
  });
  return Object.assign(state, { hangUp });
}

function talk(socket: Socket, state: Omit<FakeImap, "hangUp">, wantsId: boolean): void {
  let hasId = false;
  let input = "";
  const say = (...lines: string[]): boolean => socket.write(lines.map((line) => `${line}\r\n`).join(""));

  const answers: Record<string, (tag: string, rest: string) => void> = {
    CAPABILITY: (tag) => say("* CAPABILITY IMAP4rev1 ID", `${tag} OK done`),
    ID: (tag) => {
      hasId = true;
      say('* ID ("name" "fake" "vendor" "test")', `${tag} OK done`);
    },
    LOGIN: (tag, rest) =>
      say(rest.includes("wrong") ? `${tag} NO LOGIN Login error or password error` : `${tag} OK in`),
    LIST: (tag) => say('* LIST () "/" INBOX', `${tag} OK done`),
    LSUB: (tag) => say(`${tag} OK done`),
    NOOP: (tag) => say(`${tag} OK done`),
    NAMESPACE: (tag) => say('* NAMESPACE (("" "/")) NIL NIL', `${tag} OK done`),
    EXAMINE: (tag) => {
      if (wantsId && !hasId) return say(`${tag} NO EXAMINE Unsafe Login. Please contact us for help`);
      const { mails, uidValidity } = state;
      say(`* ${mails.length} EXISTS`, `* OK [UIDVALIDITY ${uidValidity}] ok`, `* OK [UIDNEXT ${mails.length + 1}] ok`);
      return say("* FLAGS (\\Seen)", `${tag} OK [READ-ONLY] open`);
    },
    "UID SEARCH": (tag, rest) => {
      const from = Number(/UID (\d+):/.exec(rest)?.[1] ?? 1);
      const uids = state.mails.map((_, index) => index + 1).filter((uid) => uid >= Math.min(from, state.mails.length));
      say(`* SEARCH ${uids.join(" ")}`.trim(), `${tag} OK done`);
    },
    "UID FETCH": (tag, rest) => {
      for (const uid of uidsIn(rest)) sendMail(uid, rest);
      say(`${tag} OK done`);
    },
    LOGOUT: (tag) => say("* BYE", `${tag} OK bye`),
  };

  function sendMail(uid: number, rest: string): void {
    const mail = state.mails[uid - 1];
    if (mail === undefined) return;
    const fields = /BODY\.PEEK\[(HEADER\.FIELDS \([^)]*\))\]/.exec(rest)?.[1];
    const text = fields === undefined ? mail : `${mail.slice(0, mail.indexOf("\r\n\r\n"))}\r\n\r\n`;
    say(
      `* ${uid} FETCH (UID ${uid} ${fields === undefined ? "BODY[]<0>" : `BODY[${fields}]`} {${Buffer.byteLength(text)}}`,
    );
    socket.write(`${text})\r\n`);
  }

  say("* OK ready");
  socket.on("data", (bytes) => {
    input += bytes.toString("utf8");
    for (let end = input.indexOf("\r\n"); end >= 0; end = input.indexOf("\r\n")) {
      const [, tag = "*", name = "", rest = ""] = /^(\S+) ((?:UID )?\S+) ?(.*)$/.exec(input.slice(0, end)) ?? [];
      input = input.slice(end + 2);
      state.commands.push(name === "LOGIN" ? name : `${name} ${rest}`.trim());
      const reply = answers[name.toUpperCase()];
      if (reply === undefined) say(`${tag} BAD what?`);
      else reply(tag, rest);
    }
  });
}

function uidsIn(rest: string): number[] {
  return (/^[\d,:]+/.exec(rest)?.[0] ?? "").split(",").flatMap((range) => {
    const [from = 0, to = from] = range.split(":").map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}
