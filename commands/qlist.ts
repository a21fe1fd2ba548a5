import { keyOf } from "../store/bytes.ts";
import { MAX_STEP_EVENTS } from "../store/limits.ts";
import { type EventState, InvalidCursor } from "../store/store.ts";
import { countUpTo, either, queueName, readOptions, syntaxError, word } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";

/** Events per reply without COUNT, as in SCAN of Redis. */
const DEFAULT_COUNT = 10;

const STATES: readonly EventState[] = ["ready", "processing", "delayed"];
const OPTIONS = { STATE: state, CURSOR: keyOf, COUNT: countUpTo(MAX_STEP_EVENTS) };

export const qlist: Command = {
  name: "QLIST",
  arity: [1, 7],
  role: "inspect",
  queues: [1, 1],
  largeReply: true,
  exclusive: true, // may make several store calls
  syntax: "queue [STATE ready|processing|delayed] [CURSOR cursor] [COUNT n]",
  summary: "Lists the events of a queue page by page, without changing any",
  handle(client, argv) {
    const { STATE, CURSOR = "0", COUNT = DEFAULT_COUNT } = readOptions(argv, 2, OPTIONS);
    return client.server.store.list(queueName(argv[1]), STATE, CURSOR, COUNT).then(({ cursor, events }) => [
      cursor,
      events.map(({ id, state, attempts, ageMs, size, dueMs }) => [id, state, attempts, ageMs, size, dueMs]),
    ], (error) => {
      throw error instanceof InvalidCursor ? new CommandError("ERR invalid cursor") : error;
    });
  },
};

function state(bytes: Uint8Array): EventState {
  const found = STATES.find((state) => state.toUpperCase() === word(bytes));
  if (found === undefined) throw syntaxError(bytes, `STATE is ${either(STATES)}`);
  return found;
}
