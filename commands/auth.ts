import { OK } from "../resp/reply.ts";
import { checkUser } from "./password.ts";
import { type Command, CommandError } from "./types.ts";

/** Answers clients that were given a password. */
export const auth: Command = {
  name: "AUTH",
  arity: [1, 2],
  syntax: "[username] password",
  summary: "Accepts the user default, as a Redis without a password does",
  handle(_client, argv) {
    if (argv.length === 2) {
      throw new CommandError(
        "ERR AUTH <password> called without any password configured for the default user. " +
          "Are you sure your configuration is correct?",
      );
    }
    checkUser(argv[1]);
    return OK;
  },
};
