import { permissionError, queueArguments } from "../../../commands/shared/permissions.ts";
import type { Command } from "../../../commands/shared/command.ts";
import { type Role, ROLES, User } from "../../../core/auth/user.ts";
import { COMMANDS } from "../../../server.ts";
import { assert } from "../../deps.ts";
import { bytes, latin1 } from "../../support/wire.ts";

const words = (text: string) => text.split(" ").map(bytes);

/** Every command, and every subcommand under both its names. */
const rows = COMMANDS.flatMap((row) => [
  { name: row.name, row, inner: row },
  ...(row.subcommands ?? []).map((inner) => ({ name: `${row.name} ${inner.name}`, row, inner })),
]);

/** Who may use what. A command that is new has to be put here by hand, so that somebody thinks about it. */
const NEEDED: Record<Role, string> = {
  produce: "QLPUSH QRPUSH",
  consume: "QRPOP QCLAIM QACK QNACK QTOUCH QREGISTER QNOTIFY",
  inspect: "QLPEEK QRPEEK QCONFIG_GET QSTATUS QINFO QSTATS QLIST QGET",
  admin: "QCONFIG_SET QCONFIG_RESET QMOVE QPAUSE QRESUME QFLUSH CLIENT_LIST CLIENT_KILL",
};
const OPEN = "HELLO AUTH RESET QUIT";

Deno.test("Each command needs the role that it should, and a user with only that role may run it", () => {
  const opened = OPEN.split(" ");
  for (const { name, row } of rows) {
    const role = ROLES.find((role) => NEEDED[role].split(" ").includes(name.replace(" ", "_")));
    const argv = words(`${name} jobs`);
    assert.equal(permissionError(row, undefined, argv) === undefined, opened.includes(name), name);
    for (const had of ROLES) {
      const allowed = role === undefined || role === had;
      assert.equal(permissionError(row, new User("ann", [had], ["*"]), argv) === undefined, allowed, `${name} ${had}`);
    }
    assert.equal(permissionError(row, new User("boss", ROLES, ["*"]), argv), undefined, name);
  }
});

Deno.test("Each command whose syntax has queues says where they are, and keeps users to theirs", () => {
  for (const { name, row, inner } of rows) {
    if (inner.subcommands) continue; // each of them says it for itself
    assert.equal(inner.queues !== undefined, /\b(queue|source)\b/.test(inner.syntax), name);
    if (!inner.queues) continue;
    const user = new User("ann", ROLES, ["mine"]);
    const start = Array.isArray(inner.queues) ? name : `${name} ${inner.queues.after}`;
    assert.equal(permissionError(row, user, words(`${start} mine`)), undefined, name);
    assert.match(
      permissionError(row, user, words(`${start} other`))?.text ?? "",
      /^NOPERM No permissions to access a key$/,
      name,
    );
  }
});

Deno.test("Both queues of QMOVE must be the user's", () => {
  const { row } = rows.find(({ name }) => name === "QMOVE")!;
  const user = new User("ann", ROLES, ["mine*"]);
  assert.equal(permissionError(row, user, words("QMOVE mine1 mine2")), undefined);
  for (const queues of ["mine other", "other mine"]) {
    assert.match(
      permissionError(row, user, words(`QMOVE ${queues}`))?.text ?? "",
      /^NOPERM No permissions to access a key$/,
    );
  }
});

Deno.test("namesIn finds queues by place and behind a word", () => {
  const found = (queues: Command["queues"], text: string) => queueArguments(queues!, words(text)).map(latin1);
  assert.deepEqual(found([1, 1], "QRPOP a EX 5"), ["a"]);
  assert.deepEqual(found([1, 2], "QMOVE a b COUNT 5"), ["a", "b"]);
  assert.deepEqual(found([2, 2], "QCONFIG GET a"), ["a"]);
  assert.deepEqual(found([1, -1], "QSTATUS"), []);
  assert.deepEqual(found([1, -1], "QSTATUS a b"), ["a", "b"]);
  assert.deepEqual(found({ after: "QUEUES" }, "QCLAIM COUNT 5 queues a b"), ["a", "b"]);
  assert.deepEqual(found({ after: "QUEUES" }, "QCLAIM COUNT 5"), []);
});
