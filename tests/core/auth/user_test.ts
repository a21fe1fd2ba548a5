import { ROLES, User } from "../../../core/auth/user.ts";
import { assert } from "../../deps.ts";

Deno.test("User may access queues that match one of its patterns", () => {
  const user = new User("shop", ["produce"], ["orders", "mails:*"]);
  const accessible = ["orders", "mails:out", "orders2", ""].filter((name) =>
    user.mayAccess(new TextEncoder().encode(name))
  );
  assert.deepEqual(accessible, ["orders", "mails:out"]);
  assert.deepEqual([user.has("produce"), user.has("admin"), user.allQueues, user.unlimited], [
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("User takes brackets in a pattern literally", () => {
  const user = new User("shop", ["produce"], ["a.c[b]"]);
  const accessible = ["a.c[b]", "a.cb"].filter((name) => user.mayAccess(new TextEncoder().encode(name)));
  assert.deepEqual(accessible, ["a.c[b]"]);
});

Deno.test("User is unlimited with all roles and all queues only", () => {
  assert.ok(new User("a", ROLES, ["*"]).unlimited);
  assert.ok(!new User("b", ROLES, ["orders"]).unlimited);
  assert.ok(!new User("c", ["admin"], ["*"]).unlimited);
});
