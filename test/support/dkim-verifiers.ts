/** Two verifiers of DKIM that know nothing of ours: mailauth, and Python's dkimpy where it is installed. */
import { execFileSync, spawnSync } from "node:child_process";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";

/** The records that a verifier may look up: their texts by name. No network is asked. */
export type DnsTexts = Readonly<Record<string, string>>;

/** What mailauth says of each signature, from the top: `pass`, or another result and why. */
export async function mailauthResults(message: Uint8Array, texts: DnsTexts, curTime?: Date): Promise<string[]> {
  const resolver = async (name: string): Promise<string[][]> => {
    const text = texts[name];
    if (text === undefined) throw Object.assign(new Error(`no record ${name}`), { code: "ENOTFOUND" });
    return [[text]];
  };
  const { results } = await dkimVerify(Buffer.from(message), { resolver, ...(curTime !== undefined && { curTime }) });
  return results.map(({ status }) => [status.result, status.comment].filter(Boolean).join(" "));
}

/** Reads messages and records as JSON, and answers for each message whether each of its signatures holds. */
const DKIMPY = `
import base64, json, sys
import dkim
asked = json.load(sys.stdin)
def texts(name, timeout=5):
    text = asked["texts"].get(name.decode().rstrip("."))
    return None if text is None else text.encode()
answers = []
for message in asked["messages"]:
    raw = base64.b64decode(message)
    count = raw.split(b"\\r\\n\\r\\n")[0].lower().count(b"dkim-signature:")
    verdicts = []
    for index in range(count):
        try:
            verdicts.append(dkim.DKIM(raw).verify(idx=index, dnsfunc=texts))
        except dkim.DKIMException as error:
            verdicts.append(str(error))
    answers.append(verdicts)
json.dump(answers, sys.stdout)
`;

/** Whether dkimpy can be asked, Ed25519 included. */
export const hasDkimpy: boolean = spawnSync("/usr/bin/python3", ["-c", "import dkim, nacl"]).status === 0;

/** What dkimpy says of each signature of each message: true, or why not. */
export function dkimpyResults(messages: readonly Uint8Array[], texts: DnsTexts): (boolean | string)[][] {
  const input = JSON.stringify({ texts, messages: messages.map((bytes) => Buffer.from(bytes).toString("base64")) });
  return JSON.parse(execFileSync("/usr/bin/python3", ["-c", DKIMPY], { input, encoding: "utf8" }));
}
