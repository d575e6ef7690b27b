/** Which scopes a message counts towards, and the rule of each. */
import type { ProviderLimits } from "../../mail/index.ts";
import { type LimitAccount, windowsOf } from "./accounts.ts";
import {
  DEFAULT_RESERVE,
  DEFAULT_SPILL_OVER_SECONDS,
  type LimitRule,
  type LimitScope,
  type LimitWindow,
} from "./rules.ts";

/** A window, by whomever it was set. */
export interface ScopeWindow extends LimitWindow {
  /** Refusals set it; see `Pace`. */
  isLearned?: boolean | undefined;
}

/** One scope with what holds for it. */
export interface LimitedScope {
  /** Such as `mailer:default`. */
  key: string;
  windows: readonly ScopeWindow[];
  concurrency: number | undefined;
  /** Refusals set `concurrency`; see `LearnedConcurrency`. */
  isConcurrencyLearned?: boolean | undefined;
  reserve: number;
}

/** What is asked of a message. */
export interface Subject {
  /** The mailer it goes by. */
  mailer: string;
  tenant: string | null;
  addresses: readonly string[];
}

/** The rules, by scope. */
export interface Rulebook {
  readonly rules: readonly LimitRule[];
  /** The account's key, or the mailer's where there is no account: who rests when a server says that too much was sent. */
  accountKey(mailer: string): string;
  /** The mailer that takes this one's messages, and how long this one must stay closed before. */
  spillOf(mailer: string): { to: string; afterMs: number } | undefined;
  /** The mailer, and its account. */
  ofMailer(mailer: string): readonly LimitedScope[];
  /** All that are limited: mailer, account, tenant, and the domains. */
  ofMessage(subject: Subject): readonly LimitedScope[];
  /** The keys of all scopes of a message, limited or not. */
  keysOf(subject: Subject): readonly string[];
}

export function rulebook(
  rules: readonly LimitRule[],
  accountOf: (mailer: string) => LimitAccount | undefined,
): Rulebook {
  const accounts = new Map<string, LimitAccount | undefined>();
  const ofMailers = new Map<string, readonly LimitedScope[]>();
  const has = (scope: LimitScope): boolean => rules.some((rule) => rule.scope === scope);
  const [limitsDomains, limitsTenants] = [has("domain"), has("tenant")];

  const account = (mailer: string): LimitAccount | undefined => {
    if (!accounts.has(mailer)) accounts.set(mailer, accountOf(mailer));
    return accounts.get(mailer);
  };
  const accountKey = (mailer: string): string => {
    const key = account(mailer)?.key;
    return key === undefined ? `mailer:${mailer}` : `account:${key}`;
  };
  const limited = (scope: LimitScope, key: string, limits?: ProviderLimits): LimitedScope[] => {
    const rule = ruleOf(rules, scope, key);
    const windows = rule?.windows ?? (limits === undefined ? [] : windowsOf(limits));
    if (windows.length === 0 && rule?.concurrency === undefined) return [];
    const reserve = rule?.criticalReserve ?? DEFAULT_RESERVE;
    return [{ key: `${scope}:${key}`, windows, concurrency: rule?.concurrency, reserve }];
  };
  const ofMailer = (mailer: string): readonly LimitedScope[] => {
    const found = ofMailers.get(mailer);
    if (found !== undefined) return found;
    const { key, limits } = account(mailer) ?? {};
    const made = [...limited("mailer", mailer), ...(key === undefined ? [] : limited("account", key, limits))];
    ofMailers.set(mailer, made);
    return made;
  };

  return {
    rules,
    accountKey,
    spillOf: (mailer) => {
      const rule = rules.find(
        ({ scope, key, spillOver }) => scope === "mailer" && key === mailer && spillOver !== undefined,
      );
      if (rule?.spillOver === undefined) return undefined;
      const { spillOver: to, spillOverAfterSeconds = DEFAULT_SPILL_OVER_SECONDS } = rule;
      return { to, afterMs: spillOverAfterSeconds * 1000 };
    },
    ofMailer,
    ofMessage: ({ mailer, tenant, addresses }) => {
      if (!limitsDomains && !limitsTenants) return ofMailer(mailer);
      const tenants = tenant === null || !limitsTenants ? [] : limited("tenant", tenant);
      const domains = limitsDomains ? domainsOf(addresses).flatMap((domain) => limited("domain", domain)) : [];
      return [...ofMailer(mailer), ...tenants, ...domains];
    },
    keysOf: ({ mailer, tenant, addresses }) => [
      ...new Set([
        `mailer:${mailer}`,
        accountKey(mailer),
        ...(tenant === null ? [] : [`tenant:${tenant}`]),
        ...domainsOf(addresses).map((domain) => `domain:${domain}`),
      ]),
    ],
  };
}

/** The rule with the key, else the one for each of its kind. */
function ruleOf(rules: readonly LimitRule[], scope: LimitScope, key: string): LimitRule | undefined {
  const ofScope = rules.filter((rule) => rule.scope === scope);
  return (
    ofScope.find((rule) => rule.key !== undefined && sameKey(scope, rule.key, key)) ??
    ofScope.find((rule) => rule.key === undefined)
  );
}

/** Names of accounts and domains are the same in capitals and small letters. */
function sameKey(scope: LimitScope, one: string, other: string): boolean {
  return scope === "domain" || scope === "account" ? one.toLowerCase() === other : one === other;
}

/** The domain of an address, in small letters. */
function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1).toLowerCase();
}

export function domainsOf(addresses: readonly string[]): string[] {
  const [only] = addresses;
  return addresses.length === 1 && only !== undefined ? [domainOf(only)] : [...new Set(addresses.map(domainOf))];
}

/** What a message counts for in a window of a scope: 1, or its recipients (a domain's own alone). */
export function weightIn(scope: LimitedScope, { counts }: LimitWindow, { addresses }: Subject): number {
  if (counts !== "recipients") return 1;
  if (!scope.key.startsWith("domain:")) return addresses.length;
  return addresses.filter((address) => scope.key === `domain:${domainOf(address)}`).length;
}

/** How much of a window a message may use: all of it, or what is not kept for critical ones, but never nothing. */
export function quotaOf({ reserve }: LimitedScope, { count }: LimitWindow, isCritical: boolean): number {
  return isCritical ? count : Math.max(1, Math.floor(count * (1 - reserve)));
}
