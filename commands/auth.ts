import { DEFAULT_USER } from "../core/auth/user.ts";
import { OK } from "../resp/reply.ts";
import { type Command, CommandError } from "./shared/command.ts";
import { login, switchUser } from "./shared/login.ts";

const DEFAULT_NAME = new TextEncoder().encode(DEFAULT_USER);

export const auth: Command = {
  name: "AUTH",
  arity: [1, 2],
  role: "open",
  syntax: "[username] password",
  summary: "Logs in as a user, by default as the user default",
  exclusive: true,
  async handle(client, argv) {
    if (argv.length === 2 && client.server.authenticator.defaultUser) {
      throw new CommandError(
        "ERR AUTH <password> called without any password configured for the default user. " +
          "Are you sure your configuration is correct?",
      );
    }
    await switchUser(client, await login(client, argv.length === 2 ? DEFAULT_NAME : argv[1], argv.at(-1)!));
    return OK;
  },
};
