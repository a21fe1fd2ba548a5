import { permissionError, queueArguments } from "../../../commands/shared/permissions.ts";
import type { Command } from "../../../commands/shared/command.ts";
import { type Role, ROLES, User } from "../../../core/auth/user.ts";
import { COMMANDS } from "../../../server.ts";
import { assert } from "../../deps.ts";
import { bytes, latin1 } from "../../support/wire.ts";

const words = (text: string) => text.split(" ").map(bytes);

/** Every command, and every subcommand with its container. */
const entries = COMMANDS.flatMap((command) => [
  { name: command.name, command, resolved: command },
  ...(command.subcommands ?? []).map((resolved) => ({ name: `${command.name} ${resolved.name}`, command, resolved })),
]);

/** The role of each command. A new command must be added here by hand, so that its role is a decision. */
const REQUIRED: Record<Role, string> = {
  produce: "QLPUSH QRPUSH QMPUSH",
  consume: "QRPOP QCLAIM QACK QMACK QNACK QTOUCH QREGISTER QNOTIFY",
  inspect: "QLPEEK QRPEEK QCONFIG_GET QCRON_LIST QSTATUS QINFO QSTATS QLIST QGET",
  admin: "QCONFIG_SET QCONFIG_RESET QCRON_SET QCRON_DEL QMOVE QPAUSE QRESUME QFLUSH CLIENT_LIST CLIENT_KILL",
};
const OPEN = "HELLO AUTH RESET QUIT";

Deno.test("Each command requires its role, and a user with only that role may run it", () => {
  const open = OPEN.split(" ");
  for (const { name, command } of entries) {
    const role = ROLES.find((role) => REQUIRED[role].split(" ").includes(name.replace(" ", "_")));
    const argv = words(`${name} jobs`);
    assert.equal(permissionError(command, undefined, argv) === undefined, open.includes(name), name);
    for (const granted of ROLES) {
      const allowed = role === undefined || role === granted;
      assert.equal(
        permissionError(command, new User("ann", [granted], ["*"]), argv) === undefined,
        allowed,
        `${name} ${granted}`,
      );
    }
    assert.equal(permissionError(command, new User("boss", ROLES, ["*"]), argv), undefined, name);
  }
});

Deno.test("Each command with queues in its syntax declares their positions, and is limited to the user's queues", () => {
  for (const { name, command, resolved } of entries) {
    if (resolved.subcommands) continue; // checked one by one
    assert.equal(resolved.queues !== undefined, /\b(queue|source)\b/.test(resolved.syntax), name);
    if (!resolved.queues) continue;
    const user = new User("ann", ROLES, ["mine"]);
    const start = Array.isArray(resolved.queues) ? name : `${name} ${resolved.queues.after}`;
    assert.equal(permissionError(command, user, words(`${start} mine`)), undefined, name);
    assert.match(
      permissionError(command, user, words(`${start} other`))?.text ?? "",
      /^NOPERM No permissions to access a key$/,
      name,
    );
  }
});

Deno.test("QMOVE requires access to both queues", () => {
  const { command } = entries.find(({ name }) => name === "QMOVE")!;
  const user = new User("ann", ROLES, ["mine*"]);
  assert.equal(permissionError(command, user, words("QMOVE mine1 mine2")), undefined);
  for (const queues of ["mine other", "other mine"]) {
    assert.match(
      permissionError(command, user, words(`QMOVE ${queues}`))?.text ?? "",
      /^NOPERM No permissions to access a key$/,
    );
  }
});

Deno.test("queueArguments finds queues by position and after a word", () => {
  const found = (queues: Command["queues"], text: string) => queueArguments(queues!, words(text)).map(latin1);
  assert.deepEqual(found([1, 1], "QRPOP a EX 5"), ["a"]);
  assert.deepEqual(found([1, 2], "QMOVE a b COUNT 5"), ["a", "b"]);
  assert.deepEqual(found([2, 2], "QCONFIG GET a"), ["a"]);
  assert.deepEqual(found([1, -1], "QSTATUS"), []);
  assert.deepEqual(found([1, -1], "QSTATUS a b"), ["a", "b"]);
  assert.deepEqual(found({ after: "QUEUES" }, "QCLAIM COUNT 5 queues a b"), ["a", "b"]);
  assert.deepEqual(found({ after: "QUEUES" }, "QCLAIM COUNT 5"), []);
});
