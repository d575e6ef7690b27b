import { expect, test } from "vitest";
import { type ApiKeySettings, checkKeySettings, maySendAs } from "./key-settings.ts";

test.each([
  ["shop@shop.example", "shop@shop.example", true],
  ["shop@shop.example", "Shop@SHOP.example", true],
  ["shop@shop.example", "shop2@shop.example", false],
  ["*@shop.example", "anybody@shop.example", true],
  ["*@shop.example", "anybody@eu.shop.example", false],
  ["*@shop.example", "anybody@evilshop.example", false],
  ["*@shop.example", '"a@shop.example"@evil.example', false],
  ["*@*.shop.example", "a@eu.shop.example", true],
  ["*@*.shop.example", "a@shop.example", false],
  ["*@*.shop.example", "a@evilshop.example", false],
  ["*@例子.中国", "mac@xn--fsqu00a.xn--fiqs8s", true],
  ["*@xn--fsqu00a.xn--fiqs8s", "mac@例子.中国", true],
])("a key for %s may send as %s: %s", (pattern, address, may) => {
  expect(maySendAs(checkKeySettings({ allowedFrom: [pattern] }), address)).toBe(may);
});

test("a key without senders may send as anybody", () => {
  expect(maySendAs(checkKeySettings({}), "a@x.cn")).toBe(true);
  expect(maySendAs(checkKeySettings({ allowedFrom: [] }), "a@x.cn")).toBe(true);
});

test.each<[unknown, string]>([
  [{ allowCritical: "yes" }, "it must be true or false"],
  [{ allowCritical: false, priority: "critical" }, "Leave one of them out"],
  [{ allowCritcal: true }, "Did you mean allowCritical?"],
])("the settings %j are refused: %s", (settings, problem) => {
  expect(() => checkKeySettings(settings as ApiKeySettings)).toThrow(
    expect.objectContaining({ code: "WX_API_KEY_SETTINGS", message: expect.stringContaining(problem) }),
  );
});
