/** What usernames and addresses are compared by. The text as it was typed is kept beside it, and is the one that is mailed. */
import { domainToASCII } from "node:url";

/** NFKC, lower case, NFKC again: lower-casing may leave a text that is not normal. */
function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

export function usernameKey(username: string): string {
  return fold(username);
}

/**
 * The key of an address: the local part folded, the domain by UTS-46. Nothing else is folded together: no dots
 * dropped, no +tag cut, since only the provider knows whether those are one mailbox.
 */
export function emailKey(address: string): string {
  const at = address.lastIndexOf("@");
  return `${fold(address.slice(0, at))}@${domainToASCII(fold(address.slice(at + 1)))}`;
}

/** What somebody typed at log-in: an address if it has an @, which no username can have. */
export function isEmail(login: string): boolean {
  return login.includes("@");
}
