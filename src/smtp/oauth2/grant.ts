/** What is asked of an OAuth 2.0 token endpoint: by which grant, and where the providers have theirs (RFC 6749). */
import { check, checkNames } from "../option-check.ts";

/** How access tokens are fetched: by a refresh token, or by the client's own secret. */
export interface SmtpOAuth2Options {
  /** Whose token endpoint: Google's, Microsoft's, or the one at `tokenUrl` (https). */
  readonly provider: "google" | "microsoft" | { readonly tokenUrl: string };
  readonly clientId: string;
  /** Not needed for a public client. */
  readonly clientSecret?: string | undefined;
  /** What the user's consent gave. Without it the client asks for itself (client credentials), as Microsoft allows. */
  readonly refreshToken?: string | undefined;
  /** Microsoft only: the directory's id or domain, or "consumers". Default "common", for a refresh token only. */
  readonly tenant?: string | undefined;
  /** Default: what the provider wants for sending by SMTP. */
  readonly scope?: string | undefined;
  /** Is told of a new refresh token where the endpoint replaces the old one: keep it for the next start. */
  readonly onRefreshToken?: ((refreshToken: string) => void | Promise<void>) | undefined;
}

/** A checked request for tokens. */
export interface Grant {
  readonly tokenUrl: URL;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly refreshToken: string | undefined;
  readonly scope: string | undefined;
  readonly onRefreshToken: (refreshToken: string) => void | Promise<void>;
}

const NAMES: Record<keyof SmtpOAuth2Options, true> = {
  provider: true,
  clientId: true,
  clientSecret: true,
  refreshToken: true,
  tenant: true,
  scope: true,
  onRefreshToken: true,
};
const TENANT = /^[A-Za-z0-9.-]{1,253}$/;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Checks the options; throws `WX_SMTP_OPTIONS`, without any secret in it. */
export function resolveGrant(options: SmtpOAuth2Options): Grant {
  checkNames("auth.oauth2.", options, NAMES);
  const { clientId, clientSecret, refreshToken, onRefreshToken = () => {} } = options;
  checkText("clientId", clientId, clientId);
  if (clientSecret !== undefined) checkText("clientSecret", clientSecret);
  if (refreshToken !== undefined) checkText("refreshToken", refreshToken);
  check(
    refreshToken !== undefined || (clientSecret !== undefined && options.provider !== "google"),
    "auth.oauth2",
    "without refreshToken",
    "given a refreshToken; only a clientSecret at another provider than google goes without",
  );
  return { ...endpointOf(options), clientId, clientSecret, refreshToken, onRefreshToken };
}

function checkText(name: string, value: unknown, shown: unknown = "(not shown)"): void {
  check(typeof value === "string" && value !== "", `auth.oauth2.${name}`, shown, "text, not empty");
}

function endpointOf({ provider, tenant, scope, refreshToken }: SmtpOAuth2Options): Pick<Grant, "tokenUrl" | "scope"> {
  const isMicrosoft = provider === "microsoft";
  check(
    tenant === undefined || isMicrosoft,
    "auth.oauth2.tenant",
    tenant,
    `left out where provider is not "microsoft"`,
  );
  // Google knows the scope from the consent; https://mail.google.com/ is the one it has to be given for.
  if (provider === "google") return { tokenUrl: new URL("https://oauth2.googleapis.com/token"), scope };
  if (isMicrosoft) return microsoftEndpoint(tenant, scope, refreshToken !== undefined);
  const given: unknown = provider?.tokenUrl;
  const right = `"google", "microsoft" or { tokenUrl: "https://..." }`;
  check(typeof given === "string" && URL.canParse(given), "auth.oauth2.provider", provider, right);
  const tokenUrl = new URL(String(given));
  const isSafe = tokenUrl.protocol === "https:" || (tokenUrl.protocol === "http:" && LOOPBACK.has(tokenUrl.hostname));
  check(isSafe && tokenUrl.username === "", "auth.oauth2.provider", provider, right);
  return { tokenUrl, scope };
}

function microsoftEndpoint(
  tenant: string | undefined,
  scope: string | undefined,
  forUser: boolean,
): Pick<Grant, "tokenUrl" | "scope"> {
  const right = forUser ? "a directory's id or domain" : "a directory's id or domain, as there is no refreshToken";
  check(TENANT.test(tenant ?? (forUser ? "common" : "")), "auth.oauth2.tenant", tenant, right);
  return {
    tokenUrl: new URL(`https://login.microsoftonline.com/${tenant ?? "common"}/oauth2/v2.0/token`),
    scope:
      scope ??
      (forUser ? "https://outlook.office.com/SMTP.Send offline_access" : "https://outlook.office365.com/.default"),
  };
}
