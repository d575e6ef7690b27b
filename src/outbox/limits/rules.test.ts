import { expect, test } from "vitest";
import { OutboxError } from "../errors.ts";
import { createLimits, type LimitsOptions } from "./limits.ts";
import type { LimitRule } from "./rules.ts";
import { sharedLimits } from "./shared-limits.ts";

const day = { count: 200, seconds: 86_400 };

function refusal(...rules: unknown[]): string {
  try {
    sharedLimits({ rules: rules as LimitRule[], mailers: ["default", "backup", "third"] });
  } catch (error) {
    expect(error).toBeInstanceOf(OutboxError);
    expect((error as OutboxError).code).toBe("WX_OUTBOX_OPTIONS");
    return (error as OutboxError).message;
  }
  return "";
}

test.each([
  [{ scope: "mailr", windows: [day] }, 'limits[0].scope is "mailr". Did you mean mailer?'],
  [{ scope: "mailer" }, "limits[0] limits nothing. Give windows, concurrency or spillOver."],
  [{ scope: "mailer", window: [day] }, 'limits[0] has no field "window". Did you mean windows?'],
  [
    { scope: "domain", windows: [{ count: 0, seconds: 60 }] },
    "limits[0].windows[0].count is 0. Give a whole number of 1 or more.",
  ],
  [
    { scope: "domain", windows: [{ count: 1, seconds: 2_678_401 }] },
    "limits[0].windows[0].seconds is 2678401. Give a whole number from 1 to 2678400.",
  ],
  [
    { scope: "domain", windows: [{ count: 1, seconds: 1, counts: "bytes" }] },
    'limits[0].windows[0].counts is "bytes". Give "messages" or "recipients".',
  ],
  [
    { scope: "tenant", windows: [day, day] },
    "limits[0].windows limits 86400 seconds of messages twice. Keep the lower count.",
  ],
  [{ scope: "mailer", concurrency: 1.5 }, "limits[0].concurrency is 1.5. Give a whole number of 1 or more."],
  [
    { scope: "mailer", windows: [day], criticalReserve: 1 },
    "limits[0].criticalReserve is 1. Give a share from 0 to less than 1.",
  ],
  [{ scope: "mailer", key: "", windows: [day] }, "limits[0].key must be a name."],
  [
    { scope: "account", key: "a", spillOver: "backup" },
    'limits[0].spillOver belongs to one mailer. Give scope "mailer" and the mailer\'s name as key.',
  ],
  [
    { scope: "mailer", key: "default", spillOver: "bakup" },
    'limits[0].spillOver is "bakup", which is no mailer. Did you mean backup?',
  ],
])("%j is refused", (rule, text) => {
  expect(refusal(rule)).toBe(text);
});

test("two rules for one scope are refused, and one for each with one for a name is not", () => {
  const rule = { scope: "domain", windows: [day] };
  expect(refusal(rule, rule)).toBe("limits[1] is the second rule for domain:*. Put their windows into one.");
  expect(refusal(rule, { ...rule, key: "qq.com" })).toBe("");
});

test("mailers that spill over in a ring are refused", () => {
  const spill = (key: string, spillOver: string) => ({ scope: "mailer", key, spillOver });
  expect(refusal(spill("default", "backup"), spill("backup", "third"))).toBe("");
  expect(refusal(spill("default", "backup"), spill("backup", "third"), spill("third", "default"))).toBe(
    "limits[0].spillOver leads in a ring: default, backup, third, default. Let the last one wait.",
  );
  expect(refusal(spill("default", "default"))).toContain("leads in a ring: default, default");
});

test("an option that does not exist is refused", () => {
  expect(() => createLimits({ rule: [] } as object as LimitsOptions)).toThrow(
    'createLimits has no option "rule". Did you mean rules?',
  );
});
