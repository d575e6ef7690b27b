/** Finds what a failure is about: by the server's words where it said any, else by our own code. */
import { codeDiagnoses, fateUnknown } from "./code-diagnoses.ts";
import { replyRules } from "./reply-rules.ts";
import { diagnosisBy, type SmtpDiagnosis, type SmtpFailure } from "./rule.ts";

/** The diagnosis by the general rules. `outcome` is what became of the message. */
export function diagnose(failure: SmtpFailure, outcome: "not-sent" | "unknown" = "not-sent"): SmtpDiagnosis {
  if (outcome === "unknown") return fateUnknown;
  return diagnosisBy(replyRules, failure) ?? codeDiagnoses[failure.code];
}
