/** What is wrong with the settings: every problem at once, each with its fix. */
import { WaxsealError } from "../base/index.ts";

/** One thing that is wrong with the settings. */
export interface ConfigProblem {
  /** The setting as it was written: an environment name, or a path such as `mailers.default.host`. */
  setting: string;
  /** What it got and what is right. Never holds a secret. */
  problem: string;
}

/** Codes: `WX_CONFIG` the settings cannot be used; `problems` names each. */
export class ConfigError extends WaxsealError {
  static override readonly brand: string = "ConfigError";
  /** Every one, in the order in which they were found. */
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super("WX_CONFIG", problems.map(({ setting, problem }) => `${setting}: ${problem}`).join("\n"));
    this.problems = problems;
  }
}
