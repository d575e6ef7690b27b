/** What may be limited, and by how much: the rules as an operator writes them, and their checks. */
import { findUnknownOption, hintFor } from "../../base/index.ts";
import { OutboxError } from "../errors.ts";

/**
 * What a limit is of: a mailer, the account that it logs in as (several mailers may share one), the domain of a
 * recipient, or a tenant.
 */
export type LimitScope = "mailer" | "account" | "domain" | "tenant";

/** So many in any stretch of so many seconds. */
export interface LimitWindow {
  /** At least 1. */
  count: number;
  /** 1 second to 31 days. */
  seconds: number;
  /** What is counted, as the provider counts it. Default "messages". */
  counts?: "messages" | "recipients" | undefined;
}

/** A limit of one scope, or of each scope of its kind. */
export interface LimitRule {
  scope: LimitScope;
  /**
   * Whose: a mailer's name, an account (`163:mac@163.com`), a domain, a tenant. Without it the rule holds for each one by
   * itself; a rule with a key takes the place of one without.
   */
  key?: string | undefined;
  windows?: readonly LimitWindow[] | undefined;
  /** Messages that all workers together deliver at once. */
  concurrency?: number | undefined;
  /** The share of each window that only critical messages may use, from 0 to less than 1. Default 0.2. */
  criticalReserve?: number | undefined;
  /** The mailer that takes the messages of mailer `key` while it is closed; its server must take their From. */
  spillOver?: string | undefined;
  /** How long a mailer must stay closed before its messages go by the other one. Default 60. */
  spillOverAfterSeconds?: number | undefined;
}

/** Without a word to the contrary, a fifth of each window is for critical messages. */
export const DEFAULT_RESERVE = 0.2;
export const DEFAULT_SPILL_OVER_SECONDS = 60;

const MAX_SECONDS = 31 * 86_400;

const scopes: Readonly<Record<LimitScope, true>> = { mailer: true, account: true, domain: true, tenant: true };
const ruleFields = {
  scope: true,
  key: true,
  windows: true,
  concurrency: true,
  criticalReserve: true,
  spillOver: true,
  spillOverAfterSeconds: true,
} satisfies Record<keyof LimitRule, true>;
const windowFields = { count: true, seconds: true, counts: true } satisfies Record<keyof LimitWindow, true>;

/**
 * Refuses rules that cannot be meant.
 *
 * @param mailers The names that there are, to check `key` and `spillOver` against; undefined where they are not known.
 * @throws OutboxError `WX_OUTBOX_OPTIONS`, naming the field
 */
export function checkRules(rules: readonly LimitRule[], mailers?: readonly string[]): void {
  const seen = new Set<string>();
  for (const [index, rule] of rules.entries()) {
    const at = `limits[${index}]`;
    checkRule(rule, at);
    checkMailer(rule, at, mailers);
    checkSpillOver(rule, at, mailers);
    const name = `${rule.scope}:${rule.key ?? "*"}`;
    if (seen.has(name)) throw wrong(at, `is the second rule for ${name}. Put their windows into one`);
    seen.add(name);
  }
  checkLoops(rules);
}

function checkRule(rule: LimitRule, at: string): void {
  refuseUnknown(rule, ruleFields, at);
  const { scope, key, windows, concurrency, criticalReserve, spillOver, spillOverAfterSeconds } = rule;
  if (!Object.hasOwn(scopes, scope)) {
    throw wrong(`${at}.scope`, `is ${JSON.stringify(scope)}. ${hintFor(String(scope), Object.keys(scopes))}`);
  }
  if (key !== undefined && (typeof key !== "string" || key === "")) throw wrong(`${at}.key`, "must be a name");
  if (windows === undefined && concurrency === undefined && spillOver === undefined) {
    throw wrong(at, "limits nothing. Give windows, concurrency or spillOver");
  }
  for (const [index, window] of (windows ?? []).entries()) checkWindow(window, `${at}.windows[${index}]`);
  checkWindowsDiffer(windows ?? [], at);
  if (concurrency !== undefined) checkWhole(concurrency, `${at}.concurrency`, Number.MAX_SAFE_INTEGER);
  if (criticalReserve !== undefined && !(criticalReserve >= 0 && criticalReserve < 1)) {
    throw wrong(`${at}.criticalReserve`, `is ${String(criticalReserve)}. Give a share from 0 to less than 1`);
  }
  if (spillOverAfterSeconds !== undefined)
    checkWhole(spillOverAfterSeconds, `${at}.spillOverAfterSeconds`, MAX_SECONDS);
}

function checkWindow(window: LimitWindow, at: string): void {
  refuseUnknown(window, windowFields, at);
  checkWhole(window.count, `${at}.count`, Number.MAX_SAFE_INTEGER);
  checkWhole(window.seconds, `${at}.seconds`, MAX_SECONDS);
  if (window.counts !== undefined && window.counts !== "messages" && window.counts !== "recipients") {
    throw wrong(`${at}.counts`, `is ${JSON.stringify(window.counts)}. Give "messages" or "recipients"`);
  }
}

function checkWindowsDiffer(windows: readonly LimitWindow[], at: string): void {
  const lengths = windows.map(({ seconds, counts = "messages" }) => `${seconds} seconds of ${counts}`);
  const twice = lengths.find((length, index) => lengths.indexOf(length) !== index);
  if (twice !== undefined) throw wrong(`${at}.windows`, `limits ${twice} twice. Keep the lower count`);
}

/** A rule for a mailer that there is not would limit nothing. */
function checkMailer({ scope, key }: LimitRule, at: string, mailers?: readonly string[]): void {
  if (scope !== "mailer" || key === undefined || mailers === undefined || mailers.includes(key)) return;
  throw wrong(`${at}.key`, `is ${JSON.stringify(key)}, which is no mailer. ${hintFor(key, mailers)}`);
}

function checkSpillOver({ scope, key, spillOver }: LimitRule, at: string, mailers?: readonly string[]): void {
  if (spillOver === undefined) return;
  if (scope !== "mailer" || key === undefined) {
    throw wrong(`${at}.spillOver`, 'belongs to one mailer. Give scope "mailer" and the mailer\'s name as key');
  }
  if (mailers !== undefined && !mailers.includes(spillOver)) {
    throw wrong(
      `${at}.spillOver`,
      `is ${JSON.stringify(spillOver)}, which is no mailer. ${hintFor(spillOver, mailers)}`,
    );
  }
}

/** A message that goes round in a ring of closed mailers would never leave. */
function checkLoops(rules: readonly LimitRule[]): void {
  const next = new Map(rules.map(({ key, spillOver }) => [spillOver === undefined ? undefined : key, spillOver]));
  for (const start of next.keys()) {
    const way: string[] = [];
    for (let at = start; at !== undefined; at = next.get(at)) {
      if (way.includes(at)) {
        const index = rules.findIndex(({ key, spillOver }) => key === start && spillOver !== undefined);
        throw wrong(`limits[${index}].spillOver`, `leads in a ring: ${[...way, at].join(", ")}. Let the last one wait`);
      }
      way.push(at);
    }
  }
}

function checkWhole(value: number, at: string, max: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= max) return;
  const range = max === Number.MAX_SAFE_INTEGER ? "of 1 or more" : `from 1 to ${max}`;
  throw wrong(at, `is ${typeof value === "number" ? value : JSON.stringify(value)}. Give a whole number ${range}`);
}

function refuseUnknown(value: object, fields: object, at: string): void {
  if (typeof value !== "object" || value === null) throw wrong(at, "must be an object");
  const unknown = findUnknownOption(value, Object.keys(fields));
  if (unknown !== undefined) throw wrong(at, `has no field "${unknown.name}". ${unknown.hint}`);
}

function wrong(at: string, problem: string): OutboxError {
  return new OutboxError("WX_OUTBOX_OPTIONS", `${at} ${problem}${/[.?]$/.test(problem) ? "" : "."}`);
}
