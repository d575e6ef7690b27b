/** Where each page lives; the one list of the web's addresses. */
export const paths = {
  home: "/",
  register: "/user/register",
  registered: "/user/registered",
  /** Followed by the token. */
  activate: "/user/active/",
  resend: "/user/activeemail",
  login: "/user/login",
  logout: "/user/logout",
  /** Followed by the token. */
  unsubscribe: "/user/unsubscribe/",
  assets: "/waxseal-assets/",
};

/** Whether an address holds a token, which no referrer and no search engine may see. */
export function holdsToken(path: string): boolean {
  return path.startsWith(paths.activate) || path.startsWith(paths.unsubscribe);
}
