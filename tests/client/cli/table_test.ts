import { formatTable } from "../../../client/cli/table.ts";
import { assert } from "../../deps.ts";
import { bytes } from "../../support/wire.ts";

const TABLE = `queue           total  processing  consumers
a total: b         10           2          0
with\\nline\\xff      0           0          3
`;

Deno.test("Replies to QSTATUS, QINFO and QSTATS are formatted as tables", () => {
  const names = ["a total: b", "with\nline\xff"];
  const status = ["total: 10 processing: 2 consumers: 0", "total: 0 processing: 0 consumers: 3"];
  const info = ["    total: 10   processing: 2  consumers: 0", "  total: 0    processing: 0  consumers: 3"];
  assert.equal(formatTable("qstatus", status.map((line, i) => bytes(`${names[i]} ${line}`))), TABLE);
  assert.equal(formatTable("QINFO", info.map((line, i) => bytes(`${names[i]}${line}`))), TABLE);
  assert.equal(formatTable("QSTATS", [[bytes(names[0]), 10, 2, 0], [bytes(names[1]), 0, 0, 3, 99]]), TABLE);
});

Deno.test("Known columns of QSTATS are shown", () => {
  const row = [bytes("jobs"), 1, 2, 3, 4, 5, 6000, 0, 8, 9, 10, 11, 12, 13, 1, 99];
  assert.equal(
    formatTable("QSTATS", [row]),
    "queue  total  processing  consumers  ready  delayed  oldest  paused  pushed  acked  redelivered  dead  expired" +
      "  blocked  limited\n" +
      "jobs       1           2          3      4        5    6000       0       8      9           10    11       12" +
      "       13        1\n",
  );
});

Deno.test("Other replies are not formatted as tables", () => {
  assert.equal(formatTable("QRPOP", [bytes("1"), bytes("a total: 1 processing: 1 consumers: 1")]), undefined);
  assert.equal(formatTable("QSTATUS", []), undefined);
  assert.equal(formatTable("QSTATUS", [bytes("a")]), undefined);
  assert.equal(formatTable("QSTATUS", null), undefined);
});
