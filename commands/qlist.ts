import { filterGivingWay } from "../core/util/slices.ts";
import { keyOf } from "../store/bytes.ts";
import { MAX_ID_BYTES, MAX_STEP_EVENTS } from "../store/limits.ts";
import { type EventState, InvalidCursor } from "../store/store.ts";
import { countUpTo, either, globPatternUpTo, queueName, readOptions, syntaxError, word } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";

/** Events per reply without COUNT, as in SCAN of Redis. */
const DEFAULT_COUNT = 10;

const STATES: readonly EventState[] = ["ready", "processing", "delayed", "blocked"];
const OPTIONS = {
  STATE: state,
  CURSOR: keyOf,
  COUNT: countUpTo(MAX_STEP_EVENTS),
  MATCH: globPatternUpTo(MAX_ID_BYTES),
};

export const qlist: Command = {
  name: "QLIST",
  arity: [1, 9],
  role: "inspect",
  queues: [1, 1],
  largeReply: true,
  exclusive: true, // may make several store calls
  syntax: "queue [STATE ready|processing|delayed|blocked] [CURSOR cursor] [COUNT n] [MATCH pattern]",
  summary: "Lists the events of a queue page by page, without changing any",
  async handle(client, argv) {
    const { STATE, CURSOR = "0", COUNT = DEFAULT_COUNT, MATCH } = readOptions(argv, 2, OPTIONS);
    const page = await client.server.store.list(queueName(argv[1]), STATE, CURSOR, COUNT).catch((error) => {
      throw error instanceof InvalidCursor ? new CommandError("ERR invalid cursor") : error;
    });
    const events = MATCH ? await filterGivingWay(page.events, ({ id }) => MATCH.matches(keyOf(id))) : page.events;
    return [
      page.cursor,
      events.map(({ id, state, attempts, ageMs, size, dueMs }) => [id, state, attempts, ageMs, size, dueMs]),
    ];
  },
};

function state(bytes: Uint8Array): EventState {
  const found = STATES.find((state) => state.toUpperCase() === word(bytes));
  if (found === undefined) throw syntaxError(bytes, `STATE is ${either(STATES)}`);
  return found;
}
