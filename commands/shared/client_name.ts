/**
 * Names that clients give themselves, in CLIENT SETNAME, CLIENT SETINFO and HELLO.
 *
 * @module
 */
import { keyOf } from "../../store/bytes.ts";
import { CommandError } from "./command.ts";

/** The longest such name, in bytes; Redis sets none, but each is kept as long as its connection. */
const MAX_NAME_BYTES = 1024;

/**
 * A name of printable ASCII without blanks, as text; an empty one takes the name away.
 * @param what what the name is of, for the error
 * @throws {CommandError} for any other name
 */
export function clientName(bytes: Uint8Array, what = "Client names"): string {
  if (bytes.some((byte) => byte < 0x21 || byte > 0x7e)) {
    throw new CommandError(`ERR ${what} cannot contain spaces, newlines or special characters.`);
  }
  if (bytes.length > MAX_NAME_BYTES) throw new CommandError(`ERR ${what} must be at most ${MAX_NAME_BYTES} bytes long`);
  return keyOf(bytes);
}
