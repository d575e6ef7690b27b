/** The refusal of a field whose value means nothing. */
import { MessageError } from "../errors.ts";

/** What was wrong with the value of a shorthand field. */
export function badValue(field: string, value: unknown, problem: string, fix: string): MessageError {
  const shown = typeof value === "string" ? { value } : {};
  return new MessageError("WX_MESSAGE_VALUE", { field, ...shown, problem, fix });
}
