/** Starts the clients of a comparison, each in its process. */
import { findPython } from "../../test/support/python.ts";
import { Child } from "./child.ts";
import type { Client, Took } from "./measure.ts";
import { findSmtpSource, smtpSource } from "./postfix-source.ts";
import { PythonPeer } from "./python-peer.ts";
import type { Target } from "./senders.ts";

/** A library of Node.js, sending to `target`. */
export async function nodeClient(name: string, library: string, target: Target): Promise<Client> {
  const [child] = await Child.start("./client.js", [library, JSON.stringify(target)]);
  return { name, run: (times) => child.ask<Took>({ times }), close: () => child.close() };
}

/** Python's clients, which have one connection each; those that this machine has. */
export async function pythonClients(port: number, bytes: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (const [name, modules] of [
    ["smtplib", ["smtplib"]],
    ["Django", ["django"]],
  ] as const) {
    const python = findPython(modules);
    if (python === undefined) {
      console.log(`${name} is left out: no Python has it.\n`);
      continue;
    }
    const peer = await PythonPeer.start(python, { port, bytes, django: name === "Django" });
    clients.push({ name: `${name} (Python)`, run: (times) => peer.run(times), close: () => peer.close() });
  }
  return clients;
}

/** Postfix's generator, where it is installed. */
export function sourceClients(target: Target): Client[] {
  const path = findSmtpSource();
  if (path !== undefined) return [smtpSource(path, target)];
  console.log("smtp-source is left out: it is not installed (Debian's postfix has it).\n");
  return [];
}
