/**
 * Codecs: how values of a program become the bytes of events, and back.
 *
 * @module
 */

/** Encodes values as contents of events, and decodes them. */
export interface Codec<T> {
  /** Returns the contents for a value. */
  encode(value: T): Uint8Array;
  /** Returns the value of contents. Throws if they are not valid. */
  decode(bytes: Uint8Array): T;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Contents as they are. */
export const bytes: Codec<Uint8Array> = { encode: (value) => value, decode: (contents) => contents };

/** Text as UTF-8. Decoding throws a TypeError for bytes that are not UTF-8. */
export const text: Codec<string> = {
  encode: (value) => encoder.encode(value),
  decode: (contents) => decoder.decode(contents),
};

/**
 * Values as JSON: `json<Job>()`. Decoding does not check that a value is of the type; for that, write a codec whose
 * `decode` throws.
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
