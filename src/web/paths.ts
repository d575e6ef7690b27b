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
  assets: "/waxseal-assets/",
};
