/**
 * Codecs of contents.
 *
 * @module
 */

/** Encodes values as contents, and decodes them. */
export interface Codec<T> {
  /** Returns the contents for a value. */
  encode(value: T): Uint8Array;
  /** Throws if the contents are not valid. */
  decode(bytes: Uint8Array): T;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Contents as they are. */
export const bytes: Codec<Uint8Array> = { encode: (value) => value, decode: (contents) => contents };

/** Text as UTF-8; decoding other bytes throws a TypeError. */
export const text: Codec<string> = {
  encode: (value) => encoder.encode(value),
  decode: (contents) => decoder.decode(contents),
};

/**
 * Values as JSON: `json<Job>()`. To check the type of a decoded value, write a codec whose `decode` throws.
 *
 * @throws {TypeError} in `encode`, for a value that JSON cannot represent
 */
export function json<T = unknown>(): Codec<T> {
  return {
    encode(value) {
      const written: string | undefined = JSON.stringify(value);
      if (written === undefined) throw new TypeError(`Cannot encode a ${typeof value} as JSON`);
      return encoder.encode(written);
    },
    decode: (contents) => JSON.parse(decoder.decode(contents)),
  };
}
