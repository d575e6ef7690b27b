/** What a provider's refusals mean, as the SMTP client asks for it. */
import { diagnosisBy, type SmtpDiagnosis, type SmtpExplainer } from "../../smtp/index.ts";
import { both, type Provider } from "./provider.ts";

/** @param password Only its form is looked at, and nothing of it is kept or shown. */
export function explainerOf(provider: Provider, password: string | undefined): SmtpExplainer {
  const isOfOtherForm = password !== undefined && provider.auth.looksLike?.test(password) === false;
  return (failure) => {
    const { reply, stage } = failure;
    const found = diagnosisBy(provider.rules, failure);
    if (stage !== "auth" || reply?.code !== 535) return found;
    const refused = found ?? logInRefused(provider);
    return isOfOtherForm ? withHint(refused, provider) : refused;
  };
}

/** Where no rule says more, what is to be used and where it is had is the best advice. */
function logInRefused({ id, auth }: Provider): SmtpDiagnosis {
  return {
    id: `${id}.log-in-refused`,
    about: "account",
    meaning: both("The server does not take this user and password.", "服务器不接受该账号和密码。"),
    advice: auth.how,
  };
}

function withHint(diagnosis: SmtpDiagnosis, { name, auth }: Provider): SmtpDiagnosis {
  const isCode = auth.kind === "authorization-code";
  const hint = both(
    `What was given does not look like an ${isCode ? "authorization code" : "app password"} of ${name.en}: it may be the password of the web page.`,
    `所填内容不像${name.zh}的${isCode ? "授权码" : "应用专用密码"}，可能是网页登录密码。`,
  );
  const { en, zh } = diagnosis.advice;
  return { ...diagnosis, advice: both(`${en} ${hint.en}`, `${zh}${hint.zh}`) };
}
