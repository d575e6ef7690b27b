import { expect, test } from "vitest";
import { fixedClock } from "../../../test/support/fixed-clock.ts";
import { eachDatabase } from "../../../test/support/postgres.ts";
import { createApiKeys, hashOf } from "./api-keys.ts";
import { createDailyCount } from "./daily-count.ts";
import { silentLogger } from "../../base/index.ts";

eachDatabase((open) => {
  test("a key's secret is shown once, found by its hash, and kept nowhere", async () => {
    const database = await open();
    const clock = fixedClock();
    const keys = createApiKeys({ database, clock });
    const { key, secret } = await keys.create("shop", { allowedFrom: ["*@Shop.Example"], dailyLimit: 5 });
    expect(secret).toMatch(/^wxs_[\w-]{43}$/);
    expect(key).toMatchObject({ name: "shop", settings: { allowedFrom: ["*@shop.example"], dailyLimit: 5 } });
    expect(await keys.find(hashOf(secret))).toMatchObject({ id: key.id, name: "shop" });
    expect(await keys.find(hashOf(`${secret}x`))).toBeUndefined();
    const rows = JSON.stringify(await database.kysely.selectFrom("api_keys").selectAll().execute());
    expect(rows).not.toContain(secret);
    expect(rows).not.toContain(secret.slice(4));
  });

  test("a name is one active key's; that of a revoked one may be used again, with another secret", async () => {
    const database = await open();
    const keys = createApiKeys({ database });
    const { secret: first } = await keys.create("shop");
    await expect(keys.create("shop")).rejects.toMatchObject({ code: "WX_API_KEY_NAME" });
    await expect(keys.create("no\nline")).rejects.toMatchObject({ code: "WX_API_KEY_NAME" });
    expect((await keys.revoke("shop")).revokedAt).toEqual(expect.any(Number));
    expect((await keys.list()).map(({ name, revokedAt }) => [name, revokedAt !== undefined])).toEqual([["shop", true]]);
    const { secret: second } = await keys.create("shop");
    expect(await keys.find(hashOf(first))).toBeUndefined();
    expect(await keys.find(hashOf(second))).toMatchObject({ name: "shop" });
    expect(await keys.list()).toHaveLength(1);
    await expect(keys.revoke("shopp")).rejects.toMatchObject({
      code: "WX_API_KEY_UNKNOWN",
      message: expect.stringContaining("Did you mean shop?"),
    });
  });

  test("a key that another process revoked is found for 2 seconds more, and no longer", async () => {
    const database = await open();
    const clock = fixedClock();
    const keys = createApiKeys({ database, clock });
    const { secret } = await keys.create("shop");
    expect(await keys.find(hashOf(secret))).toBeDefined();
    await createApiKeys({ database, clock }).revoke("shop");
    clock.advance(1_999);
    expect(await keys.find(hashOf(secret))).toBeDefined();
    clock.advance(1);
    expect(await keys.find(hashOf(secret))).toBeUndefined();
  });

  test("its last use is written down once a minute", async () => {
    const database = await open();
    const clock = fixedClock();
    const keys = createApiKeys({ database, clock });
    const { secret } = await keys.create("shop");
    const lastUsed = async (): Promise<number | undefined> => (await keys.list())[0]?.lastUsedAt;
    expect(await lastUsed()).toBeUndefined();
    const start = clock.now();
    await keys.find(hashOf(secret));
    expect(await lastUsed()).toBe(start);
    clock.advance(59_000);
    await keys.find(hashOf(secret));
    expect(await lastUsed()).toBe(start);
    clock.advance(2_500);
    await keys.find(hashOf(secret));
    expect(await lastUsed()).toBe(start + 61_500);
  });

  test("the day's count is shared by processes, outlives them, and begins anew at midnight", async () => {
    const { kysely: db } = await open();
    const clock = fixedClock(Date.UTC(2026, 0, 1, 23, 59));
    const start = () => createDailyCount({ db, clock, logger: silentLogger });
    const [one, other] = [start(), start()];
    expect(await Promise.all([one.add("k"), one.add("k"), one.add("k")])).toEqual([1, 2, 3]);
    await one.flush();
    expect(await other.add("k")).toBe(4);
    await other.flush();
    expect(await start().add("k")).toBe(5);
    expect(await start().add("another")).toBe(1);
    clock.advance(60_000);
    expect(await one.add("k")).toBe(1);
    await one.flush();
    expect(await start().add("k")).toBe(2);
  });
});

test.each([
  [{ mailr: "bulk" }, /Did you mean mailer\?/],
  [{ allowedFrom: ["shop.example"] }, /"shop\.example" is no sender\. Write shop@shop\.example/],
  [{ allowedFrom: ["*@*"] }, /is no sender/],
  [{ allowedFrom: ["a@b@c"] }, /is no sender/],
  [{ ratePerMinute: 0 }, /ratePerMinute: it must be a whole number, 1 or more/],
  [{ dailyLimit: 1.5 }, /dailyLimit/],
  [{ priority: "urgent" }, /priority: it must be one of critical, high, normal, low/],
  [{ tenant: "" }, /tenant/],
])("a key is not made with %j", async (settings, problem) => {
  const { testDatabase } = await import("../../../test/support/test-database.ts");
  const keys = createApiKeys({ database: await testDatabase() });
  const made = keys.create("shop", settings as object);
  await expect(made).rejects.toMatchObject({ code: "WX_API_KEY_SETTINGS", message: expect.stringMatching(problem) });
  expect(await keys.list()).toEqual([]);
});
