import { expect, test } from "vitest";
import { BoundTokens } from "../signing/index.ts";
import { createUnsubscribeLinks } from "./unsubscribe-links.ts";

const siteUrl = "https://example.com";
const tokenOf = (url: string): string => url.slice(`${siteUrl}/user/unsubscribe/`.length);

test("a link holds whom it takes out of what, and of which mail it was", () => {
  const links = createUnsubscribeLinks({ secretKey: "a long secret key", siteUrl: "https://example.com/shop" });
  for (const claim of [
    { address: "ann@example.net", stream: "" },
    { address: "Änn@例子.中国", stream: "news", messageId: "<1@example.com>" },
  ]) {
    const url = links.urlFor(claim);
    expect(url).toMatch(/^https:\/\/example\.com\/user\/unsubscribe\/[\w.-]+$/);
    expect(links.read(tokenOf(url))).toEqual(claim);
  }
});

test("the same claim at the same time is the same link", () => {
  const links = createUnsubscribeLinks({ secretKey: "a long secret key", siteUrl });
  const claim = { address: "ann@example.net", stream: "news" };
  const at = Date.parse("2026-03-01T00:00:00Z");
  expect(links.urlFor({ ...claim, at })).toBe(links.urlFor({ ...claim, at }));
  expect(links.urlFor({ ...claim, at })).not.toBe(links.urlFor({ ...claim, at: at + 1000 }));
  expect(links.read(tokenOf(links.urlFor({ ...claim, at })))).toEqual(claim);
});

test("a link outlives the secret that signed it for as long as that is still listed", () => {
  const url = createUnsubscribeLinks({ secretKey: "the first secret key", siteUrl }).urlFor({
    address: "ann@example.net",
    stream: "news",
  });
  const rotated = createUnsubscribeLinks({ secretKey: ["the first secret key", "the second secret"], siteUrl });
  expect(rotated.read(tokenOf(url))?.address).toBe("ann@example.net");
  const other = createUnsubscribeLinks({ secretKey: "the second secret", siteUrl });
  expect(other.read(tokenOf(url))).toBeUndefined();
});

test("a link does not end", () => {
  const longAgo = new BoundTokens("a long secret key", {
    purpose: "waxseal.unsubscribe",
    maxAgeSeconds: 1,
    now: () => 1,
  });
  const token = longAgo.mint(JSON.stringify(["ann@example.net", "news"]), []);
  const links = createUnsubscribeLinks({ secretKey: "a long secret key", siteUrl });
  expect(links.read(token)).toEqual({ address: "ann@example.net", stream: "news" });
});

test("no other token of the site, and no changed one, is read", () => {
  const links = createUnsubscribeLinks({ secretKey: "a long secret key", siteUrl });
  const activation = new BoundTokens("a long secret key", { purpose: "waxseal.accounts.activate", maxAgeSeconds: 60 });
  const good = tokenOf(links.urlFor({ address: "ann@example.net", stream: "news" }));
  for (const token of ["", "a.b.c", activation.mint('["ann@example.net","news"]', []), `${good.slice(0, -6)}tamper`]) {
    expect(links.read(token)).toBeUndefined();
  }
});

test("options that cannot work are refused by name", () => {
  expect(() => createUnsubscribeLinks({ secretKey: "k", siteUrl: "example.com" })).toThrow(/siteUrl is "example.com"/);
  expect(() => createUnsubscribeLinks({ secretKeys: "k", siteUrl } as never)).toThrow(/Did you mean secretKey\?/);
});
