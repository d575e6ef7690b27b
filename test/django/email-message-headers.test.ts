/** Django's EmailMessageTests, as far as they are about people and headers. */
import { expect, onTestFinished, test } from "vitest";
import { EmailMessage, type MessageFields } from "../../src/mail/index.ts";
import { headerValues, onTheWire, refusal, setUp } from "./support.ts";

const from = "from@example.com";
const to = ["to@example.com"];

test("EmailMessageTests.test_ascii: subject, body, From and To come as they are", async () => {
  const { raw, postal } = await onTheWire(new EmailMessage("Subject", "Content\n", from, to));
  expect(headerValues(raw, "Subject")).toEqual(["Subject"]);
  expect(headerValues(raw, "From")).toEqual([from]);
  expect(headerValues(raw, "To")).toEqual(to);
  expect(postal.text).toBe("Content\n");
});

test("EmailMessageTests.test_multiple_recipients: To is joined with commas", async () => {
  const { raw, envelope } = await onTheWire({ from, to: ["to@example.com", "other@example.com"] });
  expect(headerValues(raw, "To")).toEqual(["to@example.com, other@example.com"]);
  expect(envelope.to).toEqual(["to@example.com", "other@example.com"]);
});

test("EmailMessageTests.test_header_omitted_for_no_to_recipients: with cc only there is no To", async () => {
  const { raw } = await onTheWire({ from, cc: ["cc@example.com"] });
  expect(headerValues(raw, "To")).toEqual([]);
  expect(headerValues(raw, "Cc")).toEqual(["cc@example.com"]);
});

test("EmailMessageTests.test_recipients_with_empty_strings: empty ones are dropped", () => {
  const empty = undefined as unknown as string;
  const message = new EmailMessage({ to: ["to@example.com", ""], cc: ["", empty], bcc: ["", "bcc@example.com"] });
  expect(message.recipients()).toEqual(["to@example.com", "bcc@example.com"]);
});

test("EmailMessageTests.test_cc: one, several, and bcc after them", async () => {
  const message = new EmailMessage({
    from,
    to,
    cc: ["cc@example.com", "cc.other@example.com"],
    bcc: ["bcc@example.com"],
  });
  const { raw, envelope } = await onTheWire(message);
  expect(headerValues(raw, "Cc")).toEqual(["cc@example.com, cc.other@example.com"]);
  const everyone = ["to@example.com", "cc@example.com", "cc.other@example.com", "bcc@example.com"];
  expect(message.recipients()).toEqual(everyone);
  expect(envelope.to).toEqual(everyone);
});

test("EmailMessageTests.test_cc_headers: the header replaces cc, once", async () => {
  const { raw, envelope } = await onTheWire({
    from,
    to,
    cc: ["foo@example.com"],
    headers: { Cc: "override@example.com" },
  });
  expect(headerValues(raw, "Cc")).toEqual(["override@example.com"]);
  expect(envelope.to).toEqual(["to@example.com", "foo@example.com"]);
});

test("EmailMessageTests.test_cc_in_headers_only: Cc may come from headers alone", async () => {
  const { raw } = await onTheWire({ from, to, headers: { Cc: "foo@example.com" } });
  expect(headerValues(raw, "Cc")).toEqual(["foo@example.com"]);
});

test("EmailMessageTests.test_bcc_not_in_headers: bcc gets the mail and is nowhere in it", async () => {
  // A random Message-ID may have these three letters in it.
  const message = new EmailMessage({ from, to, bcc: ["bcc@example.com"], messageId: "<1@example.com>" });
  const { raw, envelope } = await onTheWire(message);
  expect(raw.toLowerCase()).not.toContain("bcc");
  expect(message.recipients()).toContain("bcc@example.com");
  expect(envelope.to).toContain("bcc@example.com");
});

test("EmailMessageTests.test_bcc_in_headers_raises_error: Bcc among the headers is refused, in any case", async () => {
  for (const name of ["Bcc", "BCC", "bcc"]) {
    const refused = await refusal(() => onTheWire({ to, headers: { [name]: "bcc@example.com" } }));
    expect(refused).toEqual({ code: "WX_MESSAGE_HEADER", field: `headers["${name}"]` });
  }
});

test("EmailMessageTests.test_reply_to, EmailMessageTests.test_reply_to_header, EmailMessageTests.test_reply_to_in_headers_only: joined, replaced, or by the header alone", async () => {
  const two = ["reply1@example.com", "reply2@example.com"];
  const header = { "Reply-To": "override@example.com" };
  expect(headerValues((await onTheWire({ replyTo: ["reply@example.com"] })).raw, "Reply-To")).toEqual([
    "reply@example.com",
  ]);
  expect(headerValues((await onTheWire({ replyTo: two })).raw, "Reply-To")).toEqual([two.join(", ")]);
  expect(headerValues((await onTheWire({ replyTo: two, headers: header })).raw, "Reply-To")).toEqual([
    "override@example.com",
  ]);
  expect(headerValues((await onTheWire({ headers: header })).raw, "Reply-To")).toEqual(["override@example.com"]);
});

test("EmailMessageTests.test_recipients_as_tuple: any array is a list, a frozen one too", async () => {
  const list = (address: string): readonly string[] => Object.freeze([address]);
  const message = new EmailMessage({
    to: list("a@x.cn"),
    cc: list("b@x.cn"),
    bcc: list("c@x.cn"),
    replyTo: list("d@x.cn"),
  });
  expect(message.recipients()).toEqual(["a@x.cn", "b@x.cn", "c@x.cn"]);
  expect((await onTheWire(message)).envelope.to).toEqual(["a@x.cn", "b@x.cn", "c@x.cn"]);
});

test("EmailMessageTests.test_recipients_as_string: a string for a list is refused by its field", async () => {
  for (const field of ["to", "cc", "bcc", "replyTo"]) {
    const refused = await refusal(() => new EmailMessage({ [field]: "foo@example.com" }));
    expect(refused).toEqual({ code: "WX_MESSAGE_LIST", field });
  }
});

test("EmailMessageTests.test_header_injection: a line break in a subject or an address is refused", async () => {
  const injected: MessageFields[] = [
    { to, subject: "Subject\nInjection Test" },
    { to: ["Name\nInjection test <to@example.com>"] },
    { to: ["to@example.com\r\nBcc: victim@example.com"] },
    { to, headers: { "X-Tag": "a\r\nb" } },
    { to, headers: { "X-Tag\r\nBcc": "a" } },
  ];
  for (const fields of injected) await expect(onTheWire(fields)).rejects.toMatchObject({ name: "MessageError" });
});

test("EmailMessageTests.test_folding_white_space: a long subject folds at a space and unfolds to what it was", async () => {
  const subject =
    "Long subject lines that get wrapped should contain a space continuation character to comply with RFC 822";
  const { raw } = await onTheWire({ subject });
  expect(raw).toMatch(/^Subject: Long subject [^\r\n]+\r\n [^\s][^\r\n]+\r\n/m);
  expect(headerValues(raw, "Subject")).toEqual([subject]);
});

test("EmailMessageTests.test_message_header_overrides: a Date and a Message-ID that are given win, in any case", async () => {
  const date = "Fri, 09 Nov 2001 01:08:47 -0000".replace("-0000", "+0000");
  for (const headers of [
    { Date: date, "Message-ID": "<foo@x.cn>" },
    { date, "MESSAGE-ID": "<foo@x.cn>" },
  ]) {
    const { raw } = await onTheWire({ headers });
    expect(headerValues(raw, "Date")).toEqual([date]);
    expect(headerValues(raw, "Message-ID")).toEqual(["<foo@x.cn>"]);
  }
});

test("EmailMessageTests.test_datetime_in_date_header: a Date object is written as mail writes dates", async () => {
  const when = new Date("2001-11-09T01:08:47Z");
  for (const fields of [{ headers: { Date: when } }, { date: when }]) {
    expect(headerValues((await onTheWire(fields)).raw, "Date")).toEqual(["Fri, 09 Nov 2001 01:08:47 +0000"]);
  }
});

test("EmailMessageTests.test_date_header_utc, EmailMessageTests.test_date_header_localtime: UTC, or the machine's zone on request", async () => {
  const zone = process.env["TZ"];
  onTestFinished(() => {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  });
  process.env["TZ"] = "Asia/Shanghai";
  expect(headerValues((await onTheWire({})).raw, "Date")[0]).toMatch(/ \+0000$/);
  const date = new Date("2026-01-01T00:00:00Z");
  const { raw } = await onTheWire({ date }, { useLocalTime: true });
  expect(headerValues(raw, "Date")).toEqual(["Thu, 01 Jan 2026 08:00:00 +0800"]);
});

test("EmailMessageTests.test_from_header: From in the headers, while the envelope keeps the sender", async () => {
  const { raw, envelope } = await onTheWire({ from: "bounce@example.com", headers: { From: "from@example.com" } });
  expect(headerValues(raw, "From")).toEqual(["from@example.com"]);
  expect(envelope.from).toBe("bounce@example.com");
});

test("EmailMessageTests.test_to_header, EmailMessageTests.test_to_in_headers_only: To in the headers replaces the field there only", async () => {
  const message = new EmailMessage({
    from,
    to: ["list-subscriber@example.com", "list-subscriber2@example.com"],
    headers: { To: "mailing-list@example.com" },
  });
  const { raw, envelope } = await onTheWire(message);
  expect(headerValues(raw, "To")).toEqual(["mailing-list@example.com"]);
  expect(envelope.to).toEqual(message.to);
  const alone = await onTheWire({ bcc: ["a@example.com"], headers: { To: "to@example.com" } });
  expect(headerValues(alone.raw, "To")).toEqual(["to@example.com"]);
  expect(alone.envelope.to).toEqual(["a@example.com"]);
});

test("EmailMessageTests.test_multiple_message_call: composed twice, each header stands once", async () => {
  const message = new EmailMessage({ from, to, headers: { "X-Tag": "a" }, messageId: "<a@b>", date: new Date(0) });
  const [first, second] = [await onTheWire(message), await onTheWire(message)];
  expect(second.raw).toBe(first.raw);
  for (const name of ["From", "To", "Date", "Message-ID", "MIME-Version", "X-Tag"]) {
    expect(headerValues(second.raw, name)).toHaveLength(1);
  }
});

test("EmailMessageTests.test_unicode_address_header: a name outside ASCII, with a comma, comes back exactly", async () => {
  for (const name of ["Firstname Sürname", "Sürname, Firstname", "王芳，市场部", '🙂 <x> "y"']) {
    const { raw, postal, parser } = await onTheWire({ to: [{ name, address: "to@example.com" }, "other@example.com"] });
    expect(headerValues(raw, "To")[0]).toMatch(/^[ -~]*$/);
    expect(postal.to?.map((person) => [person.name, person.address])).toEqual([
      [name, "to@example.com"],
      ["", "other@example.com"],
    ]);
    expect([parser.to].flat()[0]?.value[0]).toEqual({ name, address: "to@example.com" });
  }
});

test("EmailMessageTests.test_unicode_headers: every header is ASCII, and reads as what was given", async () => {
  const { raw, parser } = await onTheWire({
    subject: "Gżegżółka",
    sender: '"Firstname Sürname" <sender@example.com>',
    headers: { Comments: "My Sürname is non-ASCII" },
  });
  expect(raw).toMatch(/^[\t\r\n -~]*$/);
  expect(parser.subject).toBe("Gżegżółka");
  expect(headerValues(raw, "Sender")[0]).toMatch(/^=\?UTF-8\?[QB]\?.*\?= <sender@example\.com>$/);
  expect(headerValues(raw, "Comments")).toEqual(["=?UTF-8?Q?My_S=C3=BCrname_is_non-ASCII?="]);
});

test("EmailMessageTests.test_non_utf8_headers_multipart: headers are ASCII whatever the charset of the body", async () => {
  const { raw, parser } = await onTheWire({
    subject: "Café",
    text: "Déjà",
    html: "<p>Déjà",
    to: ["Frère <to@example.com>"],
    charset: "iso-8859-1",
  });
  expect(raw.slice(0, raw.indexOf("\r\n\r\n"))).toMatch(/^[\r\n -~]*$/);
  expect(parser.subject).toBe("Café");
  expect([parser.to].flat()[0]?.value[0]?.name).toBe("Frère");
});

test("EmailMessageTests.test_non_ascii_dns_non_unicode_email: the domain of the Message-ID is ASCII", async () => {
  const { raw } = await onTheWire({ charset: "iso-8859-1" }, { hostname: "漢字" });
  expect(headerValues(raw, "Message-ID")[0]).toMatch(/@xn--p8s937b>$/);
});

test("EmailMessageTests.test_address_header_handling: names quoted or encoded, domains as A-labels, addresses untouched", async () => {
  const cases: [string, string, string][] = [
    ["to@example.com", "", "to@example.com"],
    ["A name <to@example.com>", "A name", "to@example.com"],
    ['"A name, with comma" <to@example.com>', "A name, with comma", "to@example.com"],
    ['"to@other.com" <to@example.com>', "to@other.com", "to@example.com"],
    ['"escaped \\"quote\\"" <to@example.com>', 'escaped "quote"', "to@example.com"],
    ["Tó Example <to@example.com>", "Tó Example", "to@example.com"],
    ["to@éxample.com", "", "to@xn--xample-9ua.com"],
    ["to@xn--fa-hia.example.com", "", "to@xn--fa-hia.example.com"],
    ["to@faß.example.com", "", "to@xn--fa-hia.example.com"],
    ['"to@other"@example.com', "", '"to@other"@example.com'],
    ["to+tag.x=1@example.com", "", "to+tag.x=1@example.com"],
    [`${"long name ".repeat(20).trim()} <to@example.com>`, "long name ".repeat(20).trim(), "to@example.com"],
    [`${"名".repeat(80)} <to@example.com>`, "名".repeat(80), "to@example.com"],
    [
      `${"x".repeat(64)}@${"long-domain.".repeat(14)}example.com`,
      "",
      `${"x".repeat(64)}@${"long-domain.".repeat(14)}example.com`,
    ],
  ];
  for (const [given, name, address] of cases) {
    const { raw, envelope, postal } = await onTheWire({ to: [given] });
    expect(envelope.to).toEqual([address]);
    expect(postal.to?.[0], given).toMatchObject({ name, address: address.replaceAll('"', "") });
    for (const line of raw.split("\r\n")) expect(line.length).toBeLessThanOrEqual(998);
  }
});

test("EmailMessageTests.test_address_header_injection: no address header takes a line break", async () => {
  const forms = ["\r", "\n", "\r\n", "\r\n ", "\nBcc: a@x.cn", "\r\nBcc: a@x.cn"];
  for (const form of forms) {
    const evil = [`Name${form} <to@example.com>`, `to${form}@example.com`, `to@example.com${form}x`];
    for (const address of evil) {
      const lists = ["to", "cc", "bcc", "replyTo"].map((field) => ({ to, [field]: [address] }));
      const headers = ["From", "Sender", "To", "Cc", "Reply-To", "Resent-To"].map((name) => ({
        to,
        headers: { [name]: address },
      }));
      for (const fields of [...lists, ...headers, { to, from: address }, { to, sender: address }]) {
        await expect(onTheWire(fields), JSON.stringify(fields)).rejects.toMatchObject({ name: "MessageError" });
      }
    }
  }
});

test("EmailMessageTests.test_idn_addresses: the domains of From, To and Cc become A-labels", async () => {
  const { raw } = await onTheWire({ from: "from@öäü.com", to: ["to@öäü.com"], cc: ["cc@öäü.com"] });
  expect(headerValues(raw, "From")).toEqual(["from@xn--4ca9at.com"]);
  expect(headerValues(raw, "To")).toEqual(["to@xn--4ca9at.com"]);
  expect(headerValues(raw, "Cc")).toEqual(["cc@xn--4ca9at.com"]);
});

test("EmailMessageTests.test_unicode_display_name_in_from_email: the name of From comes back", async () => {
  const { postal, envelope } = await onTheWire({ from: '"Teeṩt Emåił" <from@example.com>' });
  expect(postal.from).toMatchObject({ name: "Teeṩt Emåił", address: "from@example.com" });
  expect(envelope.from).toBe("from@example.com");
});

test("EmailMessageTests.test_all_params_optional: a message of nothing is a message", async () => {
  const { raw } = await onTheWire(new EmailMessage());
  expect(headerValues(raw, "Subject")).toEqual([]);
  expect(headerValues(raw, "From")).toEqual(["webmaster@example.com"]);
});

test("EmailMessageTests.test_positional_arguments_order: subject, text, from, to, and the others by name", async () => {
  const message = new EmailMessage("subject", "body\n", "from@example.com", ["to@example.com"], {
    bcc: ["bcc@example.com"],
    attachments: [{ content: "file", filename: "file.txt" }],
    headers: { "X-Header": "custom header" },
    cc: ["cc@example.com"],
    replyTo: ["reply@example.com"],
  });
  const { raw, postal, envelope } = await onTheWire(message);
  expect(postal).toMatchObject({ subject: "subject", from: { address: "from@example.com" } });
  expect(postal.text?.trimEnd()).toBe("body");
  expect(envelope.to).toEqual(["to@example.com", "cc@example.com", "bcc@example.com"]);
  expect(headerValues(raw, "Reply-To")).toEqual(["reply@example.com"]);
  expect(headerValues(raw, "X-Header")).toEqual(["custom header"]);
  expect(postal.attachments).toHaveLength(1);
});

test("EmailMessageTests.test_all_params_can_be_set_before_send: what is assigned later replaces what was given", async () => {
  const message = new EmailMessage({
    subject: "original",
    text: "original",
    from: "original@example.com",
    to: ["original@example.com"],
    cc: ["original-cc@example.com"],
    bcc: ["original-bcc@example.com"],
    replyTo: ["original-reply@example.com"],
    headers: { "X-Header": "original" },
    attachments: [{ filename: "original.txt", content: "original" }],
    alternatives: [{ content: "original", contentType: "text/html" }],
    priority: "high",
    list: { unsubscribe: "original@example.com" },
  });
  message.subject = "new";
  message.text = "new\n";
  message.from = "new@example.com";
  message.to = ["new@example.com"];
  message.cc = ["new-cc@example.com"];
  message.bcc = ["new-bcc@example.com"];
  message.replyTo = ["new-reply@example.com"];
  message.headers = { "X-Header": "new" };
  message.attachments = [{ filename: "new.txt", content: "new" }];
  message.alternatives = [{ content: "<p>new", contentType: "text/html" }];
  message.priority = undefined;
  message.list = undefined;
  const { raw, envelope } = await onTheWire(message);
  expect(raw).not.toMatch(/original|Priority|List-/);
  expect(raw).toContain("new.txt");
  expect(envelope).toEqual({
    from: "new@example.com",
    to: ["new@example.com", "new-cc@example.com", "new-bcc@example.com"],
  });
});

test("EmailMessageTests.test_message_policy_smtputf8: on request headers and local parts stay UTF-8", async () => {
  const fields = { subject: "Zażółć", to: ["dané@例子.中国"], smtpUtf8: true };
  const { raw, envelope } = await onTheWire(fields);
  expect(headerValues(Buffer.from(raw, "latin1").toString("utf8"), "Subject")).toEqual(["Zażółć"]);
  expect(envelope).toMatchObject({ smtpUtf8: true });
  expect(envelope.to[0]).toMatch(/^dané@/);
  await expect(onTheWire({ ...fields, smtpUtf8: false })).rejects.toMatchObject({ code: "WX_MESSAGE_ADDRESS" });
});

test("EmailMessageTests.test_send, EmailMessageTests.test_send_using: it goes to the default mailer, or the one that is named", async () => {
  const { mail, memory, custom } = setUp();
  const message = new EmailMessage({ to }).bind(mail);
  expect(await message.send()).toMatchObject({ accepted: to });
  expect([memory.outbox.length, custom.outbox.length]).toEqual([1, 0]);
  expect(await message.send({ using: "custom" })).toMatchObject({ accepted: to });
  expect([memory.outbox.length, custom.outbox.length]).toEqual([1, 1]);
});

test("EmailMessageTests.test_send_fail_silently_conflict, EmailMessageTests.test_send_using_conflicts_with_connection, EmailMessageTests.test_send_using_conflicts_with_fail_silently: options that contradict each other are refused", async () => {
  const { mail, custom: connection } = setUp();
  const message = new EmailMessage({ to }).bind(mail);
  for (const options of [
    { connection, failSilently: true },
    { using: "custom", connection },
    { using: "custom", failSilently: true },
  ]) {
    expect(await refusal(() => message.send(options))).toEqual({ code: "WX_MESSAGE_OPTION", field: "options" });
  }
  expect(connection.outbox).toEqual([]);
});

test("EmailMessageTests.test_connection_arg_deprecated, EmailMessageTests.test_fail_silently_deprecated: the old forms work, with one warning each", async () => {
  const warnings: (string | undefined)[] = [];
  const listen = (warning: Error & { code?: string }): void => void warnings.push(warning.code);
  process.on("warning", listen);
  onTestFinished(() => void process.off("warning", listen));
  const { mail, memory, custom: connection } = setUp();
  const message = new EmailMessage({ to }).bind(mail);
  for (let time = 0; time < 2; time++) {
    await message.send({ connection });
    await message.send({ failSilently: true });
  }
  await new Promise(setImmediate);
  expect([connection.outbox.length, memory.outbox.length]).toEqual([2, 2]);
  expect(warnings.filter((code) => code === "WX_DEPRECATED_CONNECTION")).toHaveLength(1);
  expect(warnings.filter((code) => code === "WX_DEPRECATED_FAIL_SILENTLY").length).toBeLessThanOrEqual(1);
});
