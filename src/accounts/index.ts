/** "waxseal/accounts": register, activate, resend, log in, log out. */
export { type Accounts, type AccountsOptions, createAccounts } from "./accounts.ts";
export { AccountError, type AccountErrorCode } from "./errors.ts";
export type { LoginInput } from "./login.ts";
export type { ActivationMailOptions, Deliver } from "./mailing.ts";
export type {
  Account,
  ActivateOutcome,
  FieldProblem,
  InspectOutcome,
  LoginOutcome,
  RegisterField,
  RegisterOutcome,
  ResendOutcome,
} from "./outcomes.ts";
export { createPasswordHasher, type PasswordHasher } from "./password.ts";
export type { RegisterInput } from "./register.ts";
export type { ResendInput } from "./resend.ts";
