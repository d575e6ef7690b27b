import { assert, property, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { isDataUrl, readDataUrl } from "./data-url.ts";

const read = (url: string): [string, string] => {
  const { bytes, contentType } = readDataUrl(url, "path");
  return [Buffer.from(bytes).toString("utf8"), contentType];
};

test("data is text unless it says otherwise, percent-encoded or base64", () => {
  expect(read("data:,A%20brief%20note")).toEqual(["A brief note", "text/plain; charset=US-ASCII"]);
  expect(read("data:text/html;charset=utf-8,%E4%BD%A0")).toEqual(["你", "text/html; charset=utf-8"]);
  expect(read("DATA:image/png;base64,aGk=")).toEqual(["hi", "image/png"]);
  expect(read("data:image/png;BASE64,aGk")).toEqual(["hi", "image/png"]);
  expect(read("data:;base64,aGk%3D")).toEqual(["hi", "text/plain; charset=US-ASCII"]);
  expect(read("data:;charset=utf-8,x,y")).toEqual(["x,y", "text/plain; charset=utf-8"]);
  expect(readDataUrl("data:x/y,%ff%00", "path").bytes).toEqual(Buffer.from([255, 0]));
});

test.each([
  ["data:image/png;base64", "no comma"],
  ["data:,a b", "spaces or characters outside ASCII"],
  ["data:,你", "spaces or characters outside ASCII"],
  ["data:,a\r\nb", "spaces or characters outside ASCII"],
  ["data:,50%", "a % that is no escape"],
  ["data:,%zz", "a % that is no escape"],
  ["data:x/y;base64,a", "not base64"],
  ["data:x/y;base64,a===", "not base64"],
  ["data:x/y;base64,aGk==", "not base64"],
  ["data:x/y;base64,a-_b", "not base64"],
  ["data:x/y;base64,aG=k", "not base64"],
  [`data:${"x".repeat(1001)},`, "before its comma"],
])("%s is refused", (url, problem) => {
  expect(() => readDataUrl(url, "attachments[0].path")).toThrow(problem);
  expect(() => readDataUrl(url, "attachments[0].path")).toThrow(/^attachments\[0\]\.path: "data:/i);
});

test("any bytes come back from base64 and from percent-encoding", () => {
  const bytes = uint8Array({ maxLength: 200 });
  assert(
    property(bytes, (content) => {
      const buffer = Buffer.from(content);
      const escaped = [...content].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
      expect(readDataUrl(`data:a/b;base64,${buffer.toString("base64")}`, "path").bytes).toEqual(buffer);
      expect(readDataUrl(`data:a/b,${escaped}`, "path").bytes).toEqual(buffer);
    }),
    { numRuns: 200, seed: 3 },
  );
});

test("two megabytes and hostile shapes are read or refused in one pass", () => {
  expect(readDataUrl(`data:image/png;base64,${"QUJD".repeat(700_000)}`, "path").bytes).toHaveLength(2_100_000);
  const hostile = [";".repeat(2e6), "%25".repeat(7e5), "=".repeat(2e6), ",".repeat(2e6), "%".repeat(2e6)];
  for (const data of hostile) {
    for (const url of [`data:${data}`, `data:,${data}`, `data:;base64,${data}`]) {
      try {
        readDataUrl(url, "path");
      } catch (error) {
        expect(error).toMatchObject({ code: "WX_MESSAGE_DATA_URL" });
      }
    }
  }
});

test("only the scheme makes a data URL", () => {
  expect(["data:,", "Data:x", "data", "./data:x"].map(isDataUrl)).toEqual([true, true, false, false]);
});
