/** How a value becomes the text that is signed: JSON as Python writes it, in its three forms. */
import { SigningUsageError } from "./errors.ts";
import { type JsonFactory, parseJson, readInteger } from "./json-parser.ts";
import { type JsonValue, readJson } from "./json-reader.ts";
import { type JsonStyle, writeJson } from "./json-writer.ts";
import { checkOptions } from "./options.ts";
import { PythonFloat } from "./python-float.ts";

/** Writes values as text and reads them again; whatever `loads` throws becomes a BadPayload. */
export interface PayloadSerializer<T> {
  /** @param style The serializer's `serializerKwargs`. */
  dumps(value: unknown, style?: JsonStyle): string;
  loads(text: string): T;
}

/** What JSON can say, nothing lost: objects keep their order and floats their `.0`. */
export type LosslessJsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PythonFloat
  | LosslessJsonValue[]
  | Map<string, LosslessJsonValue>;

const STYLE_NAMES = ["ensureAscii", "separators", "sortKeys", "allowNan"] as const satisfies (keyof JsonStyle)[];

function dumpsLike(defaults: JsonStyle): (value: unknown, style?: JsonStyle) => string {
  return (value, style) => {
    if (style === undefined) return writeJson(value, defaults);
    checkOptions("serializerKwargs", style, STYLE_NAMES);
    if (style.separators !== undefined && style.separators.length !== 2) {
      throw new SigningUsageError("WX_SIGNING_OPTION", 'separators are two texts, such as [",", ":"]');
    }
    return writeJson(value, { ...defaults, ...style });
  };
}

/** Python's `json`: a blank after each comma and colon, and ASCII only. The default of Serializer and TimedSerializer. */
export const pythonJson: PayloadSerializer<JsonValue> = {
  dumps: dumpsLike({ separators: [", ", ": "], ensureAscii: true }),
  loads: readJson,
};

/** itsdangerous' compact JSON: no blanks, characters as they are. The default of the url-safe and JWS classes. */
export const compactJson: PayloadSerializer<JsonValue> = {
  dumps: (value, style) => (style === undefined ? writeJson(value) : dumpsCompact(value, style)),
  loads: readJson,
};
const dumpsCompact = dumpsLike({});

/** Django's JSON in signed objects: no blanks, and ASCII only. */
export const djangoJson: PayloadSerializer<JsonValue> = { dumps: dumpsLike({ ensureAscii: true }), loads: readJson };

const losslessValues: JsonFactory = {
  integer: readInteger,
  float: (value) => (Number.isInteger(value) || !Number.isFinite(value) ? new PythonFloat(value) : value),
  object: (members) => new Map(members),
};

/**
 * Compact JSON that is read without any loss, so that what was read is written again byte for byte: objects are Maps,
 * which keep the order of integer-like names, and a float such as `1.0` is a PythonFloat.
 *
 * @example
 * const serializer = new URLSafeSerializer(secretKey, { serializer: losslessJson });
 * serializer.loads(token); // Map { "10" => 1, "9" => PythonFloat { value: 2 } }
 */
export const losslessJson: PayloadSerializer<LosslessJsonValue> = {
  dumps: compactJson.dumps,
  loads: (text) => parseJson(text, losslessValues) as LosslessJsonValue,
};
