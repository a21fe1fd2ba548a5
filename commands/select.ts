import { OK } from "../resp/reply.ts";
import { outOfRange, wholeNumber } from "./shared/arguments.ts";
import { type Command, CommandError } from "./shared/command.ts";

export const select: Command = {
  name: "SELECT",
  arity: [1, 1],
  role: "any",
  syntax: "index",
  summary: "Selects database 0, the only one",
  handle(_client, argv) {
    const index = wholeNumber(argv[1]);
    if (index === undefined) throw outOfRange("index");
    if (index !== 0) throw new CommandError("ERR DB index is out of range");
    return OK;
  },
};
