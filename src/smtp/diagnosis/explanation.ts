/** An error's explanation as a person reads it, in the language asked for. */
import { formatReply, type SmtpReply } from "../reply.ts";
import type { SmtpStage } from "../stage.ts";
import type { SmtpDiagnosis } from "./rule.ts";

/** What is told of an error. */
export interface Explained {
  /** In English, with its advice. */
  readonly message: string;
  readonly stage: SmtpStage;
  readonly server: string;
  readonly reply: SmtpReply | undefined;
  readonly diagnosis: SmtpDiagnosis;
}

/** Each step, as the end of "the server answered ...". */
const STEPS: Readonly<Record<SmtpStage, string>> = {
  connect: "连接时",
  tls: "建立 TLS 时",
  greeting: "刚连上时",
  ehlo: "收到 EHLO 后",
  starttls: "收到 STARTTLS 后",
  auth: "登录时",
  mail: "收到发件人（MAIL）后",
  rcpt: "收到收件人（RCPT）后",
  data: "收到 DATA 后",
  content: "接收邮件内容时",
  final: "收完邮件后",
  quit: "收到 QUIT 后",
};

/** Whole sentences: what happened, what it means, what to do. */
export function explanationIn(language: "en" | "zh", error: Explained): string {
  const { message, diagnosis } = error;
  const { meaning, advice } = diagnosis;
  if (language === "en") return message;
  const words = error.reply === undefined ? "" : answered(error, error.reply);
  // Without a reply the details (a name, a number, an option) stand in the English text only.
  const original = error.reply === undefined ? `（原文：${message}）` : "";
  return `${words}${meaning.zh}${advice.zh}${original}`;
}

function answered({ server, stage }: Explained, reply: SmtpReply): string {
  return `${server} 在${STEPS[stage]}答复：“${formatReply(reply)}”。`;
}
