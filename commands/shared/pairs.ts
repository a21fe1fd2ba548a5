/**
 * Commands on many events at once.
 *
 * @module
 */
import { CommandError } from "./command.ts";

/** Splits the arguments that belong to the events, two to each. @throws {CommandError} if they are odd or too many */
export function pairs(command: string, argv: Uint8Array[], max: number): [Uint8Array, Uint8Array][] {
  if (argv.length === 0 || argv.length % 2 === 1) {
    throw new CommandError(`ERR wrong number of arguments for '${command.toLowerCase()}' command`);
  }
  if (argv.length > 2 * max) throw new CommandError(`ERR too many events: ${command} takes at most ${max}`);
  return Array.from({ length: argv.length / 2 }, (_, i) => [argv[2 * i], argv[2 * i + 1]]);
}
