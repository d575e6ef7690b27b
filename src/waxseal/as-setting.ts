/** What a part refuses in its options is a setting here, and is said by its name. */
import { ConfigError } from "../config.ts";
import { OutboxError } from "../outbox/index.ts";

/** @throws ConfigError `WX_CONFIG` in place of `WX_OUTBOX_OPTIONS` */
export function asSetting<T>(setting: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof OutboxError) || error.code !== "WX_OUTBOX_OPTIONS") throw error;
    throw new ConfigError([{ setting, problem: error.message }]);
  }
}
