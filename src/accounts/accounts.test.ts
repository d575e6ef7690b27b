import { expect, test } from "vitest";
import { fixedClock } from "../../test/support/fixed-clock.ts";
import { eachDatabase } from "../../test/support/postgres.ts";
import type { Database, Queryable } from "../db/index.ts";
import type { EmailMultiAlternatives } from "../mail/index.ts";
import { TimedJSONWebSignatureSerializer } from "../signing/index.ts";
import { type AccountsOptions, createAccounts } from "./accounts.ts";

const secretKey = "a key for the tests of accounts";
const mac = { username: "mac", email: "mac@163.com", password: "correct horse" };

/** As many as there are, so that what is asked at once is also done at once. */
async function openConnections({ kysely }: Database): Promise<void> {
  await Promise.all(Array.from({ length: 10 }, () => kysely.selectFrom("users").select("id").execute()));
}

eachDatabase((open, dialect) => {
  async function setUp(options: Partial<AccountsOptions> = {}) {
    const database = await open();
    const clock = fixedClock();
    const mails: { to: string; subject: string; text: string; html: string; tx: Queryable | undefined }[] = [];
    const accounts = createAccounts({
      database,
      secretKey,
      siteUrl: "https://shop.example",
      siteName: "Shop",
      clock,
      deliver: async (message: EmailMultiAlternatives, { tx }) => {
        mails.push({
          to: String(message.to),
          subject: message.subject ?? "",
          text: message.text ?? "",
          html: message.html ?? "",
          tx,
        });
      },
      ...options,
    });
    const token = (mail = mails.at(-1)): string => /\/user\/active\/(\S+)/.exec(mail?.text ?? "")?.[1] ?? "";
    const users = () => database.kysely.selectFrom("users").selectAll().orderBy("created_at").execute();
    return { accounts, database, clock, mails, token, users };
  }

  test("a person registers, activates by the link, and only then logs in", async () => {
    const { accounts, mails, token } = await setUp();
    expect(await accounts.register(mac)).toEqual({ status: "registered", email: "mac@163.com" });
    expect(mails).toHaveLength(1);
    expect(mails[0]?.to).toBe("mac@163.com");
    for (const body of [mails[0]?.text, mails[0]?.html]) {
      expect(body).toContain("mac");
      expect(body).toContain(`https://shop.example/user/active/${token()}`);
      expect(body).not.toContain(mac.password);
    }
    const login = { login: "mac", password: mac.password };
    expect(await accounts.login(login)).toEqual({ status: "not-active" });
    expect(await accounts.login({ ...login, login: "mac@163.com" })).toEqual({ status: "not-active" });

    expect(await accounts.inspect(token())).toEqual({ status: "ready", username: "mac", email: "mac@163.com" });
    expect(await accounts.login(login)).toEqual({ status: "not-active" }); // looking changes nothing
    expect(await accounts.activate(token())).toEqual({ status: "activated", username: "mac" });
    expect(await accounts.activate(token())).toEqual({ status: "already-active" });

    const session = await accounts.login({ ...login, login: "MAC" });
    if (session.status !== "logged-in") throw new Error(`log-in was ${session.status}`);
    expect(await accounts.session(session.sessionId)).toMatchObject({ username: "mac", active: true });
    expect((await accounts.login({ ...login, login: "Mac@163.COM" })).status).toBe("logged-in");
    await accounts.logout(session.sessionId);
    expect(await accounts.session(session.sessionId)).toBeUndefined();
  });

  test("passwords and session ids are kept as hashes only", async () => {
    const { accounts, database, token, users } = await setUp();
    await accounts.register(mac);
    await accounts.activate(token());
    const session = await accounts.login({ login: "mac", password: mac.password });
    expect((await users())[0]?.password_hash).toMatch(/^\$argon2id\$/);
    const rows = await database.kysely.selectFrom("sessions").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(session.status === "logged-in" ? session.sessionId : "");
    expect(rows[0]?.id_hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("the user and the mail are one transaction: where the mail cannot be taken, there is no user", async () => {
    const { accounts, users } = await setUp({ deliver: () => Promise.reject(new Error("the disk is full")) });
    await expect(accounts.register(mac)).rejects.toThrow("the disk is full");
    expect(await users()).toEqual([]);
  });

  test("a link expires after its time, to the second, and says so", async () => {
    const { accounts, clock, token } = await setUp({ activationMaxAgeSeconds: 3600 });
    await accounts.register(mac);
    clock.advance(3_600_000);
    expect((await accounts.inspect(token())).status).toBe("ready");
    clock.advance(1_000);
    expect(await accounts.inspect(token())).toEqual({ status: "expired" });
    expect(await accounts.activate(token())).toEqual({ status: "expired" });
    expect(await accounts.login({ login: "mac", password: mac.password })).toEqual({ status: "not-active" });
  });

  test("an expired link of an active account says that the account is active", async () => {
    const { accounts, clock, token } = await setUp();
    await accounts.register(mac);
    await accounts.activate(token());
    clock.advance(99 * 3_600_000);
    expect(await accounts.activate(token())).toEqual({ status: "already-active" });
  });

  test("a tampered, truncated, foreign or absurd token is not valid", async () => {
    const { accounts, token, users } = await setUp();
    await accounts.register(mac);
    const good = token();
    const id = (await users())[0]?.id;
    const foreign = new TimedJSONWebSignatureSerializer("some other key, long enough", { expiresIn: 3600 });
    const otherPurpose = new TimedJSONWebSignatureSerializer(secretKey, { expiresIn: 3600 });
    const bad = [
      `${good.slice(0, -3)}${good.endsWith("AAA") ? "BBB" : "AAA"}`,
      good.slice(0, -1),
      good.slice(0, 20),
      foreign.dumps({ confirm: id, stamp: "x" }),
      otherPurpose.dumps({ confirm: id, stamp: "x" }),
      "",
      "....",
      "x".repeat(100_000),
      "\0",
    ];
    for (const text of bad) expect(await accounts.activate(text), text.slice(0, 40)).toEqual({ status: "invalid" });
    expect((await accounts.activate(good)).status).toBe("activated");
  });

  test("two people who race for one username: one gets it, the other is told at the field", async () => {
    const { accounts, users } = await setUp();
    const outcomes = await Promise.all([
      accounts.register(mac),
      accounts.register({ username: "ＭＡＣ", email: "other@qq.com", password: "battery staple" }),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["invalid", "registered"]);
    expect(outcomes).toContainEqual({ status: "invalid", problems: { username: "taken" } });
    expect(await users()).toHaveLength(1);
  });

  test("two people who race for one address: both get the same answer, and the first to use the mail has the account", async () => {
    const { accounts, mails, token, users } = await setUp();
    const outcomes = await Promise.all([
      accounts.register(mac),
      accounts.register({ username: "eve", email: "MAC@163.com", password: "battery staple" }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["registered", "registered"]);
    const mine = mails.find((mail) => mail.text.includes("Hello mac"));
    const eves = mails.find((mail) => mail.text.includes("Hello eve"));
    expect((await accounts.activate(token(mine))).status).toBe("activated");
    expect((await accounts.activate(token(eves))).status).toBe("invalid");
    expect((await users()).filter((user) => user.activated_at !== null).map(({ username }) => username)).toEqual([
      "mac",
    ]);
  });

  test("whoever claimed an address of somebody else's never learns from log-in whether its owner has come", async () => {
    const answers = async (ownerComes: boolean): Promise<string[]> => {
      const { accounts, clock, mails, token } = await setUp();
      await accounts.register({ username: "eve", email: mac.email, password: "battery staple" });
      if (ownerComes) await accounts.register(mac);
      if (ownerComes) await accounts.activate(token(mails[1]));
      const ask = async (login: string): Promise<string> =>
        (await accounts.login({ login, password: "battery staple" })).status;
      const early = [await ask("eve"), await ask(mac.email)];
      clock.advance(7 * 86_400_000 + 1);
      // Whoever signs up next takes the claims away that are too old.
      if (ownerComes) await accounts.register({ ...mac, username: "mac2" });
      return [...early, await ask("eve"), await ask(mac.email)];
    };
    const unknown = await answers(false);
    expect(unknown).toEqual(["not-active", "not-active", "refused", "refused"]);
    expect(await answers(true)).toEqual(unknown);
  });

  test("registering a known address answers alike, and its owner is told by mail", async () => {
    const { accounts, mails, token } = await setUp();
    await accounts.register(mac);
    await accounts.activate(token());
    const outcome = await accounts.register({ username: "eve", email: "Mac@163.com", password: "battery staple" });
    expect(outcome).toEqual({ status: "registered", email: "Mac@163.com" });
    expect(mails[1]).toMatchObject({ to: "mac@163.com", subject: "You already have a Shop account" });
    expect(mails[1]?.text).not.toContain("/user/active/");
    // What only the intruder knows answers as it would for an unknown address.
    expect(await accounts.login({ login: "mac@163.com", password: "battery staple" })).toEqual({
      status: "not-active",
    });
  });

  test("whoever registers again with the same password gets the mail again; anybody else finds the username taken", async () => {
    const { accounts, mails, users } = await setUp();
    await accounts.register(mac);
    expect((await accounts.register(mac)).status).toBe("registered");
    expect(mails).toHaveLength(2);
    const stranger = await accounts.register({ ...mac, password: "not their password" });
    expect(stranger).toEqual({ status: "invalid", problems: { username: "taken" } });
    expect(mails).toHaveLength(2);
    expect(await users()).toHaveLength(1);
  });

  test("a username comes free when its claim was not activated in a week", async () => {
    const { accounts, clock } = await setUp();
    await accounts.register(mac);
    clock.advance(7 * 86_400_000 + 1);
    expect((await accounts.register({ ...mac, email: "other@qq.com", password: "battery staple" })).status).toBe(
      "registered",
    );
  });

  test("resending answers alike for everybody, and mails only who waits", async () => {
    const { accounts, mails, token } = await setUp();
    await accounts.register(mac);
    expect(await accounts.resend({ login: "MAC@163.com", locale: "zh-CN" })).toEqual({ status: "accepted" });
    expect(mails[1]).toMatchObject({ to: "mac@163.com", subject: "请激活您的 Shop 账号" });
    expect(await accounts.resend({ login: "nobody@163.com" })).toEqual({ status: "accepted" });
    expect(await accounts.resend({ login: "nobody" })).toEqual({ status: "accepted" });
    expect(mails).toHaveLength(2);
    expect(await accounts.resend({ login: "mac" })).toEqual({ status: "accepted" });
    expect(mails).toHaveLength(3);
    expect((await accounts.activate(token())).status).toBe("activated");
    expect(await accounts.resend({ login: "" })).toEqual({ status: "invalid", problem: "required" });
    expect(await accounts.resend({ login: "a@b@c" })).toEqual({ status: "invalid", problem: "not-an-address" });
  });

  test("an address gets three mails an hour, however its spelling varies", async () => {
    const { accounts, mails, clock } = await setUp();
    await accounts.register(mac);
    for (const login of ["mac@163.com", "MAC@163.com", "mac@163.COM", "ｍａｃ@163.com", "mac"])
      await accounts.resend({ login });
    expect(mails).toHaveLength(3);
    clock.advance(3_600_001);
    await accounts.resend({ login: "mac@163.com" });
    expect(mails).toHaveLength(4);
  });

  test.each([
    ["no @", { email: "mac.163.com" }, { email: "not-an-address" }],
    ["two mailboxes", { email: "a@x.cn, b@x.cn" }, { email: "not-an-address" }],
    ["a display name", { email: "mac <mac@163.com>" }, { email: "not-an-address" }],
    ["300 characters", { email: `${"a".repeat(290)}@163.com` }, { email: "too-long" }],
    ["CR LF in the address", { email: "mac@163.com\r\nBcc: eve@evil.example" }, { email: "not-an-address" }],
    ["CR LF at its end", { email: "mac@163.com\r\n" }, { email: "not-an-address" }],
    ["a domain that no mail reaches", { email: "mac@163" }, { email: "not-an-address" }],
    ["<script> as a name", { username: "<script>alert(1)</script>" }, { username: "not-allowed" }],
    ["an address as a name", { username: "eve@163.com" }, { username: "not-allowed" }],
    ["a full-width @ in a name", { username: "eve＠163.com" }, { username: "not-allowed" }],
    ["CR LF in a name", { username: "mac\r\nX: y" }, { username: "not-allowed" }],
    ["a name of blanks", { username: "   " }, { username: "required" }],
    ["a name of 65", { username: "名".repeat(65) }, { username: "too-long" }],
    ["no password", { password: "" }, { password: "required" }],
    ["a password of 7", { password: "1234567" }, { password: "too-short" }],
    ["a megabyte of password", { password: "x".repeat(1_000_000) }, { password: "too-long" }],
    ["the address as password", { password: "MAC@163.com" }, { password: "too-guessable" }],
    [
      "everything empty",
      { username: "", email: "", password: "" },
      { username: "required", email: "required", password: "required" },
    ],
  ])("%s is refused at the field, and nothing is written", async (_, input, problems) => {
    const { accounts, mails, users } = await setUp();
    expect(await accounts.register({ ...mac, ...input })).toEqual({ status: "invalid", problems });
    expect(await users()).toEqual([]);
    expect(mails).toEqual([]);
  });

  test("names of any script are welcome, and blanks around the input are not part of it", async () => {
    const { accounts, users } = await setUp();
    expect(
      (await accounts.register({ username: " 王小明 ", email: " wang@163.com ", password: "correct horse" })).status,
    ).toBe("registered");
    expect((await users())[0]).toMatchObject({ username: "王小明", email: "wang@163.com" });
  });

  test("what a request leaves out or fills with something else counts as not given", async () => {
    const { accounts, mails } = await setUp();
    const body = JSON.parse('{"username":{"$ne":""},"password":12345678,"locale":"tlh"}');
    expect(await accounts.register(body)).toEqual({
      status: "invalid",
      problems: { username: "required", email: "required", password: "required" },
    });
    expect(await accounts.login(body)).toEqual({ status: "refused" });
    expect(await accounts.resend(body)).toEqual({ status: "invalid", problem: "required" });
    expect(await accounts.activate(body.token)).toEqual({ status: "invalid" });
    expect(await accounts.session(body.session)).toBeUndefined();
    expect(await accounts.register({ ...mac, locale: body.locale })).toMatchObject({ status: "registered" });
    expect(mails[0]?.subject).toBe("Activate your Shop account");
  });

  test("a wrong password, an unknown name and an absurd one are refused alike", async () => {
    const { accounts, token } = await setUp();
    await accounts.register(mac);
    await accounts.activate(token());
    for (const login of ["mac", "mac@163.com", "nobody", "nobody@163.com", "", "x".repeat(10_000)]) {
      expect(await accounts.login({ login, password: "wrong horse" })).toEqual({ status: "refused" });
    }
    for (const login of ["mac\0", "mac\r\n", "mac@163.com\0"]) {
      expect(await accounts.login({ login, password: mac.password })).toEqual({ status: "refused" });
    }
  });

  test("a session ends when its time is over", async () => {
    const { accounts, clock, token } = await setUp({ sessionMaxAgeSeconds: 60 });
    await accounts.register(mac);
    await accounts.activate(token());
    const session = await accounts.login({ login: "mac", password: mac.password });
    const id = session.status === "logged-in" ? session.sessionId : "";
    clock.advance(59_999);
    expect(await accounts.session(id)).toBeDefined();
    clock.advance(1);
    expect(await accounts.session(id)).toBeUndefined();
  });

  test("an option that does not exist is refused at the start", async () => {
    const misspelt = { mailsPerHours: 5 } as Partial<AccountsOptions>;
    await expect(setUp(misspelt)).rejects.toThrow(
      'createAccounts has no option "mailsPerHours". Did you mean mailsPerHour?',
    );
  });

  test("a site URL that is none is refused at the start", async () => {
    await expect(setUp({ siteUrl: "shop.example" })).rejects.toMatchObject({ code: "WX_ACCOUNT_OPTIONS" });
  });

  test("a budget holds for requests that come at once, too", async () => {
    const { accounts, database, mails } = await setUp();
    await accounts.register(mac);
    await openConnections(database);
    await Promise.all(Array.from({ length: 12 }, () => accounts.resend({ login: mac.email })));
    expect(mails).toHaveLength(3);
  });

  test("of two claims on an address whose links are used at once, one is activated, and the other learns that its link is void", async () => {
    const { accounts, database, mails, token, users } = await setUp();
    await openConnections(database);
    for (const username of ["mac", "other"]) await accounts.register({ ...mac, username });
    const links = mails.map((mail) => token(mail));
    const outcomes = await Promise.all([...links, ...links].map((link) => accounts.activate(link)));
    const statuses = outcomes.map((outcome) => outcome.status);
    expect(statuses.filter((status) => status === "activated")).toHaveLength(1);
    expect(statuses.toSorted()).toEqual(["activated", "already-active", "invalid", "invalid"]);
    expect((await users()).filter((user) => user.activated_at !== null)).toHaveLength(1);
  });

  // On SQLite nobody else comes between two looks.
  test.runIf(dialect === "postgres")("a link that is used between two looks at it is told as used", async () => {
    const { accounts, database, token } = await setUp();
    await accounts.register(mac);
    let isUsed = false;
    const slow = database.kysely.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        if (!isUsed) {
          isUsed = true;
          expect(await accounts.activate(token())).toMatchObject({ status: "activated" });
        }
        return result;
      },
    });
    const other = await setUp({ database: { ...database, kysely: slow } });
    expect(await other.accounts.inspect(token())).toEqual({ status: "already-active" });
    expect(isUsed).toBe(true);
  });
});
