import { tableOf } from "../../../client/cli/table.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";

const TABLE = `queue           total  processing  consumers
a total: b         10           2          0
with\\nline\\xff      0           0          3
`;

Deno.test("QSTATUS, QINFO and QSTATS are shown as tables", () => {
  const names = ["a total: b", "with\nline\xff"];
  const status = ["total: 10 processing: 2 consumers: 0", "total: 0 processing: 0 consumers: 3"];
  const info = ["    total: 10   processing: 2  consumers: 0", "  total: 0    processing: 0  consumers: 3"];
  assert.equal(tableOf("qstatus", status.map((line, i) => bytes(`${names[i]} ${line}`))), TABLE);
  assert.equal(tableOf("QINFO", info.map((line, i) => bytes(`${names[i]}${line}`))), TABLE);
  assert.equal(tableOf("QSTATS", [[bytes(names[0]), 10, 2, 0], [bytes(names[1]), 0, 0, 3, 99]]), TABLE);
});

Deno.test("All columns of QSTATS that are known are shown", () => {
  const row = [bytes("jobs"), 1, 2, 3, 4, 5, 6000, 0, 8, 9, 10, 11, 12, 99];
  assert.equal(
    tableOf("QSTATS", [row]),
    "queue  total  processing  consumers  ready  delayed  oldest  paused  pushed  acked  redelivered  dead  expired\n" +
      "jobs       1           2          3      4        5    6000       0       8      9           10    11       12\n",
  );
});

Deno.test("Other replies are not shown as tables", () => {
  assert.equal(tableOf("QRPOP", [bytes("1"), bytes("a total: 1 processing: 1 consumers: 1")]), undefined);
  assert.equal(tableOf("QSTATUS", []), undefined);
  assert.equal(tableOf("QSTATUS", [bytes("a")]), undefined);
  assert.equal(tableOf("QSTATUS", null), undefined);
});
