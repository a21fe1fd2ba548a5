/**
 * What events hold: values of the program on one side, bytes on the other.
 *
 * @module
 */

/** Turns values into an event's contents and back. */
export interface Codec<T> {
  /** The contents for a value. */
  encode(value: T): Uint8Array;
  /** The value of contents; throws if there is none. */
  decode(bytes: Uint8Array): T;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Contents as they are. */
export const bytes: Codec<Uint8Array> = { encode: (value) => value, decode: (contents) => contents };

/** Text as UTF-8. Other bytes cannot be decoded. */
export const text: Codec<string> = {
  encode: (value) => encoder.encode(value),
  decode: (contents) => decoder.decode(contents),
};

/**
 * Values as JSON: `json<Job>()`. The type is taken on trust; to check it, write a codec whose `decode` throws.
 *
 * @throws {TypeError} in `encode`, for what JSON cannot hold
 */
export function json<T = unknown>(): Codec<T> {
  return {
    encode(value) {
      const shown: string | undefined = JSON.stringify(value);
      if (shown === undefined) throw new TypeError(`Cannot write a ${typeof value} as JSON`);
      return encoder.encode(shown);
    },
    decode: (contents) => JSON.parse(decoder.decode(contents)),
  };
}
