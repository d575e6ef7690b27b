import { expect, test } from "vitest";
import { sha256Hex } from "./digests.ts";
import { signedForm } from "./aliyun-rpc.ts";
import { signSigv4 } from "./sigv4.ts";
import { signTc3 } from "./tc3.ts";

/** The key, the day and the requests of AWS's own test suite for Signature Version 4. */
const suite = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
  service: "service",
};
const suiteTime = Date.UTC(2015, 7, 30, 12, 36);

test.each([
  ["GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  ["POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
])("SigV4 signs %s-vanilla as AWS's test suite does", (method, signature) => {
  const headers = { host: "example.amazonaws.com" };
  const signed = signSigv4(suite, { method, path: "/", headers, body: "", now: suiteTime });
  expect(signed).toEqual({
    host: "example.amazonaws.com",
    "x-amz-date": "20150830T123600Z",
    authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  });
});

test("SigV4 signs a session token with the rest", () => {
  const scope = { ...suite, sessionToken: "token" };
  const request = { method: "POST", path: "/", headers: { host: "example.amazonaws.com" }, body: "", now: suiteTime };
  const signed = signSigv4(scope, request);
  expect(signed["x-amz-security-token"]).toBe("token");
  expect(signed["authorization"]).toContain("SignedHeaders=host;x-amz-date;x-amz-security-token,");
});

test("what TC3 hashes is what Tencent's documentation shows", () => {
  const body = String.raw`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`;
  expect(sha256Hex(body)).toBe("35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064");
  const headers = {
    "content-type": "application/json; charset=utf-8",
    host: "cvm.tencentcloudapi.com",
    "x-tc-action": "DescribeInstances",
  };
  const secretKey = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE";
  const authorization = signTc3({ secretId: "AKID", secretKey, service: "cvm", headers, body, now: 1_551_113_065_000 });
  expect(authorization).toBe(
    "TC3-HMAC-SHA256 Credential=AKID/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host;x-tc-action, Signature=644be983de9a8a3f00db8eadaba61467c3b429e2215758ba897b738ca469fd26",
  );
});

/** The two examples of Alibaba Cloud's documentation, for DirectMail and for ECS. */
test.each([
  [
    "POST",
    {
      AccessKeyId: "testid",
      AccountName: "<a%b'>",
      Action: "SingleSendMail",
      AddressType: "1",
      Format: "XML",
      HtmlBody: "4",
      RegionId: "cn-hangzhou",
      ReplyToAddress: "true",
      SignatureMethod: "HMAC-SHA1",
      SignatureNonce: "c1b2c332-4cfb-4a0f-b8cc-ebe622aa0a5c",
      SignatureVersion: "1.0",
      Subject: "3",
      TagName: "2",
      Timestamp: "2016-10-20T06:27:56Z",
      ToAddress: "1@test.com",
      Version: "2015-11-23",
    },
    "llJfXJjBW3OacrVgxxsITgYaYm0=",
  ],
  [
    "GET",
    {
      AccessKeyId: "testid",
      Action: "DescribeRegions",
      Format: "XML",
      SignatureMethod: "HMAC-SHA1",
      SignatureNonce: "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
      SignatureVersion: "1.0",
      Timestamp: "2016-02-23T12:46:24Z",
      Version: "2014-05-26",
    },
    "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
  ],
] as const)("Alibaba Cloud's own example of %s has the signature that it shows", (method, parameters, signature) => {
  const form = new URLSearchParams(signedForm(method, parameters, "testsecret"));
  expect(form.get("Signature")).toBe(signature);
  expect(Object.fromEntries(form)).toMatchObject(parameters);
});
