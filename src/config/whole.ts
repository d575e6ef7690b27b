/** What can only be said of a configuration once all of it is known: accounts that are whole, names that lead somewhere. */
import { hintFor } from "../base/index.ts";
import type { ConfigProblem } from "./errors.ts";
import { environmentName } from "./settings.ts";
import type { MailerConfig, WaxsealConfig } from "./types.ts";

/** The parts of a configuration that are looked at together. */
export interface Whole extends Pick<WaxsealConfig, "bounces" | "submission"> {
  mailers: Readonly<Record<string, MailerConfig>>;
}

export function checkWhole({ mailers, bounces, submission }: Whole): ConfigProblem[] {
  return [
    ...checkQueued(mailers),
    ...missingOf(bounces?.imap, "bounces.imap", ["host", "user", "password"]),
    ...checkCertificate(submission),
  ];
}

/** A message in the outbox must leave by a mailer that sends, or it would come back for ever. */
function checkQueued(mailers: Whole["mailers"]): ConfigProblem[] {
  const senders = Object.keys(mailers).filter((name) => usingOf(mailers[name]) === undefined);
  return Object.entries(mailers).flatMap(([name, mailer]) => {
    const using = usingOf(mailer);
    if (using === undefined || senders.includes(using)) return [];
    const why = Object.hasOwn(mailers, using) ? "which leads to the outbox itself" : "which is no mailer";
    const fix = senders.length === 0 ? "Configure a mailer that sends, and name it here." : hintFor(using, senders);
    return [{ setting: `mailers.${name}.using`, problem: `it is ${JSON.stringify(using)}, ${why}. ${fix}` }];
  });
}

function usingOf(mailer: MailerConfig | undefined): string | undefined {
  return mailer === undefined || "send" in mailer || mailer.backend !== "outbox" ? undefined : mailer.using;
}

/** A group that is there must have these. */
function missingOf<T extends object>(
  group: T | undefined,
  path: string,
  needed: readonly (keyof T & string)[],
): ConfigProblem[] {
  if (group === undefined) return [];
  return needed
    .filter((name) => group[name] === undefined)
    .map((name) => {
      const variable = environmentName(`${path}.${name}`);
      const fix = variable === undefined ? "Set it." : `Set it, or ${variable} in the environment.`;
      return { setting: `${path}.${name}`, problem: `it is missing. ${fix}` };
    });
}

function checkCertificate({ certFile, keyFile }: NonNullable<WaxsealConfig["submission"]> = {}): ConfigProblem[] {
  if ((certFile === undefined) === (keyFile === undefined)) return [];
  const [absent, given] = certFile === undefined ? ["certFile", "keyFile"] : ["keyFile", "certFile"];
  const problem = `it is missing, and ${given} is there. Set both, or neither.`;
  return [{ setting: `submission.${absent}`, problem }];
}
