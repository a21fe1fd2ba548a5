/**
 * Byte strings as map keys and as text for people.
 *
 * @module
 */

/** The map key of a byte string: one character for each byte, so that no two byte strings share a key. */
export function keyOf(bytes: Uint8Array): string {
  let key = "";
  for (let i = 0; i < bytes.length; i++) key += String.fromCharCode(bytes[i]);
  return key;
}
