/** Keeps calls from the networks around this machine, for a service whose users name the endpoints (SSRF). */
import { lookup, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** What the IANA registries (RFC 6890) say is not for the public internet. */
const v4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const;
/** In version 6 the public internet is 2000::/3, less these; 64:ff9b::/96 and ::ffff:0:0/96 stand outside of it. */
const v6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const;

const blocked = new BlockList();
for (const [address, bits] of v4) blocked.addSubnet(address, bits, "ipv4");
for (const [address, bits] of v6) blocked.addSubnet(address, bits, "ipv6");
const publicV6 = new BlockList();
publicV6.addSubnet("2000::", 3, "ipv6");

/** Whether an address is on the public internet. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !blocked.check(address, "ipv4");
  return version === 6 && publicV6.check(address, "ipv6") && !blocked.check(address, "ipv6");
}

/** The host's name as an address, where it is one: `[::1]` and `127.0.0.1` are never looked up. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(bare) === 0 ? undefined : bare;
}

/** A lookup that finds public addresses only; the connection goes to what was checked, so a name cannot change between. */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error !== null) return callback(error, []);
    const addresses = found.filter(({ address }) => isPublicAddress(address));
    if (addresses.length === 0) return callback(notPublic(hostname), []);
    const [first] = addresses as [LookupAddress];
    return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};

/** Why nothing was sent. */
export function notPublic(host: string): Error {
  return Object.assign(new Error(`${host} is not on the public internet, and calls go nowhere else.`), {
    code: "ENOTPUBLIC",
  });
}
