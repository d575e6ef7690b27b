/** What a provider's refusals mean, as the SMTP client asks for it. */
import { diagnosisBy, type SmtpCredentials, type SmtpDiagnosis, type SmtpExplainer } from "../../smtp/index.ts";
import { both, type Provider } from "./provider.ts";

/** @param auth Of a password only the form is looked at, and nothing of it is kept or shown. */
export function explainerOf(provider: Provider, auth: SmtpCredentials | undefined): SmtpExplainer {
  const logInRefused = logInRefusedOf(provider, auth);
  return (failure) =>
    failure.stage === "auth" && failure.reply?.code === 535
      ? logInRefused(diagnosisBy(provider.rules, failure))
      : diagnosisBy(provider.rules, failure);
}

/** What 535 means for the secret that was given; the rules speak of passwords. */
function logInRefusedOf(
  provider: Provider,
  auth: SmtpCredentials | undefined,
): (byRule: SmtpDiagnosis | undefined) => SmtpDiagnosis {
  const { accessToken, oauth2, password } = auth ?? {};
  if (accessToken !== undefined || oauth2 !== undefined) return () => tokenRefused(provider);
  const isOfOtherForm = typeof password === "string" && provider.auth.looksLike?.test(password) === false;
  return (byRule = passwordRefused(provider)) => (isOfOtherForm ? withHint(byRule, provider) : byRule);
}

/** Where no rule says more, what is to be used and where it is had is the best advice. */
function passwordRefused({ id, auth }: Provider): SmtpDiagnosis {
  return {
    id: `${id}.log-in-refused`,
    about: "account",
    meaning: both("The server does not take this user and password.", "服务器不接受该账号和密码。"),
    advice: auth.how,
  };
}

function tokenRefused({ id }: Provider): SmtpDiagnosis {
  return {
    id: `${id}.token-refused`,
    about: "account",
    meaning: both("The server does not take this access token.", "服务器不接受该访问令牌。"),
    advice: both(
      "Check that it was granted for the mailbox in user, and for sending by SMTP (its scope); at Microsoft 365, an administrator must also allow Authenticated SMTP for the mailbox.",
      "请确认令牌是为 user 中的邮箱签发的，且范围（scope）包含 SMTP 发信；Microsoft 365 还需管理员为该邮箱启用“经过身份验证的 SMTP”。",
    ),
  };
}

function withHint(diagnosis: SmtpDiagnosis, { name, auth }: Provider): SmtpDiagnosis {
  const isCode = auth.kind === "authorization-code";
  const hint = both(
    `What was given does not look like an ${isCode ? "authorization code" : "app password"} of ${name.en}: it may be the password of the web page.`,
    `所填内容不像“${name.zh}”的${isCode ? "授权码" : "应用专用密码"}，可能是网页登录密码。`,
  );
  const { en, zh } = diagnosis.advice;
  return { ...diagnosis, advice: both(`${en} ${hint.en}`, `${zh}${hint.zh}`) };
}
