/** Every provider that is known, and the one that a name, an address or a host belongs to. */
import { aliyunProviders } from "./aliyun.ts";
import { chineseProviders } from "./chinese.ts";
import { googleProviders } from "./google.ts";
import { internationalProviders } from "./international.ts";
import { microsoftProviders } from "./microsoft.ts";
import { neteaseProviders } from "./netease.ts";
import type { Provider } from "./provider.ts";
import { senderProviders } from "./senders.ts";
import { tencentProviders } from "./tencent.ts";

/** Every provider that is known. */
export const providers: readonly Provider[] = [
  ...neteaseProviders,
  ...tencentProviders,
  ...aliyunProviders,
  ...chineseProviders,
  ...googleProviders,
  ...microsoftProviders,
  ...internationalProviders,
  ...senderProviders,
];

function indexed(keysOf: (provider: Provider) => readonly string[]): ReadonlyMap<string, Provider> {
  return new Map(
    providers.flatMap((provider) => keysOf(provider).map((key) => [key.toLowerCase(), provider] as const)),
  );
}

const byName = indexed(({ id, aliases = [] }) => [id, ...aliases]);
const byDomain = indexed(({ domains }) => domains);
// The Bridge's host is this machine, where anything may listen.
const byHost = indexed(({ host }) => (host === "127.0.0.1" ? [] : [host]));

/** Every name that `provider` may be given. */
export const providerNames: readonly string[] = [...byName.keys()];

/**
 * The provider of a name ("163", "gmail") or of a mail address ("mac@163.com"); undefined where it is not known.
 *
 * @example
 * findProvider("mac@163.com")?.host // "smtp.163.com"
 */
export function findProvider(nameOrAddress: string): Provider | undefined {
  const key = nameOrAddress.trim().toLowerCase();
  const at = key.lastIndexOf("@");
  return at === -1 ? byName.get(key) : byDomain.get(key.slice(at + 1));
}

/** The provider whose server this is. */
export function findProviderOfHost(host: string): Provider | undefined {
  return byHost.get(host.toLowerCase());
}
