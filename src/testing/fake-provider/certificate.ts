/** A certificate for this machine that only its own key signed (RFC 5280), for tests that speak TLS. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** A private key and its certificate, both PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 86_400_000;

/** Tags of ASN.1 (X.690). */
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
/** "[n]", holding other values. */
const context = (number: number): number => 0xa0 + number;
/** "[n]" of a GeneralName, holding bytes: 2 is a DNS name, 7 an IP address. */
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** One value: its tag, its length, its content. */
function der(tag: number, ...content: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  const size = body.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const oid = (hex: string): Buffer => der(OBJECT_ID, Buffer.from(hex, "hex"));
const ECDSA_WITH_SHA256 = der(SEQUENCE, oid("2a8648ce3d040302"));
const COMMON_NAME = oid("550403");
const SUBJECT_ALT_NAME = oid("551d11");

/** YYMMDDHHMMSSZ. */
function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, "").slice(2, 14);
  return der(UTC_TIME, `${digits}Z`);
}

function toBeSigned(publicKey: KeyObject): Buffer {
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, "localhost"))));
  const now = Date.now();
  // A first byte of 0x01 keeps the number positive.
  const serial = der(INTEGER, Buffer.concat([Buffer.of(1), randomBytes(8)]));
  const names = der(SEQUENCE, der(DNS_NAME, "localhost"), der(IP_ADDRESS, Buffer.of(127, 0, 0, 1)));
  return der(
    SEQUENCE,
    der(context(0), der(INTEGER, Buffer.of(2))), // version 3
    serial,
    ECDSA_WITH_SHA256,
    name,
    der(SEQUENCE, utcTime(now - DAY_MS), utcTime(now + 30 * DAY_MS)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der(context(3), der(SEQUENCE, der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, names)))),
  );
}

/** Makes a new key and its certificate for localhost and 127.0.0.1, valid for a month. */
export function makeCertificate(): KeyAndCertificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const body = toBeSigned(publicKey);
  const signature = der(BIT_STRING, Buffer.of(0), sign("sha256", body, privateKey));
  const bytes = der(SEQUENCE, body, ECDSA_WITH_SHA256, signature);
  const lines = bytes.toString("base64").replace(/.{64}(?=.)/g, "$&\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}
