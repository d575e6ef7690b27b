/** The known name that a mistyped one most likely meant. */

/** Edits (insert, delete, replace) from one word to the other, by Wagner and Fischer. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replace, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** An option that does not exist, and a sentence that helps to find the one that was meant. */
export interface UnknownOption {
  name: string;
  hint: string;
}

/** The first key of `options` that is not among `known`: misspelt, it would silently leave a default in force. */
export function findUnknownOption(options: object, known: readonly string[]): UnknownOption | undefined {
  const name = Object.keys(options).find((key) => !known.includes(key));
  return name === undefined ? undefined : { name, hint: hintFor(name, known) };
}

/** What other mail libraries (nodemailer, Django, the providers' own) call it, and what it may be called here. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  body: ["text"],
  connectiontimeout: ["timeouts", "timeoutSeconds"],
  dir: ["path"],
  filepath: ["path"],
  fromemail: ["from"],
  greetingtimeout: ["timeouts"],
  href: ["path"],
  htmlmessage: ["html"],
  ignoretls: ["security"],
  key: ["apiKey", "privateKey"],
  keyselector: ["selector"],
  maxmessages: ["maxMessagesPerConnection"],
  message: ["text"],
  name: ["filename", "clientName"],
  pass: ["password", "auth"],
  password: ["auth"],
  proxy: ["socket"],
  pool: ["maxConnections"],
  ratelimit: ["maxPerSecond"],
  recipientlist: ["to"],
  recipients: ["to"],
  requiretls: ["security"],
  secretkey: ["key", "secret"],
  secure: ["security"],
  service: ["provider"],
  sockettimeout: ["timeouts"],
  token: ["apiKey", "accessToken"],
  type: ["contentType", "oauth2"],
  usessl: ["security"],
  usetls: ["security"],
  user: ["auth"],
  username: ["user", "auth"],
};

/** "Did you mean ...?" where one is near or the same by another word, else all there are. */
export function hintFor(name: string, known: readonly string[]): string {
  const meant = otherWord(name, known) ?? nearest(name, known);
  if (meant !== undefined) return `Did you mean ${meant}?`;
  return known.length === 0 ? "Remove it; there are none here." : `There are: ${known.join(", ")}.`;
}

/** The nearest of `known` to `name`, whatever the case; undefined when none is within a third of its length. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const typed = name.slice(0, 100).toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(typed, candidate.toLowerCase()) }))
    .toSorted((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.ceil(typed.length / 3) ? best.candidate : undefined;
}

function otherWord(name: string, known: readonly string[]): string | undefined {
  const plain = name.slice(0, 100).toLowerCase().replaceAll("_", "");
  const words = Object.hasOwn(OTHER_WORDS, plain) ? OTHER_WORDS[plain] : undefined;
  return words?.find((word) => known.includes(word));
}
