/**
 * The steps of the test of each client. A step takes the client and a driver, which is connected but for `open`.
 *
 * @module
 */
import { assert } from "../deps.ts";
import { eventually } from "../support/eventually.ts";
import type { Client } from "./clients.ts";
import type { Answer, Driver, Failure } from "./driver.ts";

/** Every byte, and the end of a line. */
const BYTES = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)) + "\r\n";

/** The reply as this client returns it. */
function asShown(client: Client, value: Answer): Answer {
  if (client.textual && typeof value === "number") return `${value}`;
  if (Array.isArray(value)) return value.map((part) => asShown(client, part));
  return value;
}

/** Sends commands one by one, and checks their replies. */
async function conversation(client: Client, driver: Driver, lines: [string, Answer][]): Promise<void> {
  for (const [line, expected] of lines) {
    assert.deepEqual(await driver.request("call", ...line.split(" ")), asShown(client, expected), line);
  }
}

/** Whether the client's default timeout is shorter than a busy machine may take to reply. */
export function hasShortTimeout({ timeout }: Client): boolean {
  return timeout !== undefined && timeout.seconds < 1;
}

/** Runs a step that may be repeated; until it succeeds if the client has a timeout by default. */
function repeated(client: Client, step: () => Promise<void>): Promise<void> {
  return client.timeout === undefined ? step() : eventually(step);
}

/** Connects with the client's default options, or with those that docs/clients.md recommends. @param set whether with those */
export async function open(client: Client, driver: Driver, port: number, set: boolean): Promise<void> {
  const verb = set ? "open-set" : "open";
  await repeated(client, async () => assert.equal(await driver.request(verb, `${port}`), "PONG"));
}

/** Pushes, peeks at, pops, waits for and acknowledges events. */
export function life(client: Client, driver: Driver): Promise<void> {
  return repeated(client, () => wholeLife(client, driver));
}

async function wholeLife(client: Client, driver: Driver): Promise<void> {
  await conversation(client, driver, [
    ["QREGISTER", "OK"],
    ["QFLUSH life", "OK"],
    ["QRPOP life", null],
    ["QLPEEK life", null],
    ["QLPUSH life 1 one", "OK"],
    ["qlpush life 2 two NOBLOCK", "OK"],
  ]);
  await eventually(async () => assert.deepEqual(await driver.request("call", "QLPEEK", "life"), ["2", "two"]));
  await conversation(client, driver, [
    ["QRPUSH life 0 zero", "OK"],
    ["QRPEEK life", ["0", "zero"]],
    ["QRPOP life EX 60", ["0", "zero"]],
    ["QSTATUS life", ["life total: 3 processing: 1 consumers: 0"]],
    ["QACK life 0", 1],
    ["QACK life 0", 0],
    ["QRPOP life", ["1", "one"]],
    ["QACK life 1 REDO", 1],
    ["QRPOP life NOACK", ["1", "one"]],
    ["QREGISTER life", "OK"],
    ["QNOTIFY 60", "life"],
  ]);
  assert.deepEqual(
    statsRow(client, await driver.request("call", "QSTATS", "life")),
    asShown(client, ["life", 1, 0, 1]),
  );
  await conversation(client, driver, [
    ["QFLUSH life", "OK"],
    ["QNOTIFY 0", null],
    ["QREGISTER", "OK"],
    ["QSTATUS life", ["life total: 0 processing: 0 consumers: 0"]],
  ]);
}

/** The first fields of the only row of QSTATS, as this client returns rows. */
function statsRow(client: Client, rows: Answer): Answer[] {
  const [row] = rows as [Answer[] | Map<string, Answer>];
  const names = ["queue", "total", "processing", "consumers"];
  if (client.maps === "maps") return names.map((name) => (row as Map<string, Answer>).get(name)!);
  const list = row as Answer[];
  return names.map((name, i) => client.maps === "lists" ? list[list.indexOf(name) + 1] : list[i]);
}

/** Checks that errors have the client's type and okq's message, and that the connection stays usable. */
export async function errors(client: Client, driver: Driver): Promise<void> {
  await conversation(client, driver, [["QLPUSH errors 1 one", "OK"]]);
  for (
    const [line, text] of [
      ["QLPUSH errors 1 one", /duplicate event 1/],
      ["QRPOP", /wrong number of arguments for 'qrpop' command/],
      ["GET errors", /unknown command 'GET'/],
    ] as const
  ) {
    const { type, message } = await driver.request("call", ...line.split(" ")) as Failure;
    assert.equal(type, client.error, line);
    assert.match(message, text);
  }
  await conversation(client, driver, [["QRPOP errors NOACK", ["1", "one"]]]);
}

/** Checks that queue names, ids and contents may be any bytes. */
export async function anyBytes(client: Client, driver: Driver): Promise<void> {
  const [queue, id, contents] = [`queue ${BYTES}`, `id ${BYTES}`, `${BYTES}${BYTES}`];
  assert.equal(await driver.request("call", "QLPUSH", queue, id, contents), "OK");
  assert.equal(await driver.request("call", "QLPUSH", queue, "empty", ""), "OK");
  assert.deepEqual(await driver.request("bytes", "QRPOP", queue), [id, contents]);
  assert.deepEqual(await driver.request("call", "QACK", queue, id), asShown(client, 1));
  assert.deepEqual(await driver.request("bytes", "QRPOP", queue, "NOACK"), ["empty", ""]);
}

/** Pushes 1,000 events in a pipeline, and checks their order. */
export async function pipeline(client: Client, driver: Driver): Promise<void> {
  assert.deepEqual(await driver.request("pipeline", "pipeline", "1000"), Array(1000).fill("OK"));
  await conversation(client, driver, [
    ["QSTATUS pipeline", ["pipeline total: 1000 processing: 0 consumers: 0"]],
    ["QRPEEK pipeline", ["0", "0"]],
    ["QLPEEK pipeline", ["999", "999"]],
    ["QFLUSH pipeline", "OK"],
  ]);
}

/** Waits in QNOTIFY for longer than the client's default read timeout. */
export async function waits(client: Client, driver: Driver, set: boolean): Promise<void> {
  const seconds = (client.timeout?.seconds ?? 0.2) * 1.2;
  await repeated(client, () => conversation(client, driver, [["QREGISTER waits", "OK"]]));
  const answer = await driver.request("call", "QNOTIFY", `${seconds}`);
  if (set || client.timeout === undefined) assert.equal(answer, null);
  else assert.equal((answer as Failure | null)?.type, client.timeout.error);
}

/** Waits until the client has reconnected after a restart, and checks that the event is still stored. */
export async function reconnects(client: Client, driver: Driver): Promise<void> {
  await eventually(async () => {
    const answer = await driver.request("call", "ECHO", "here");
    if (answer === "here") return;
    assert.ok(client.lost.includes((answer as Failure | null)?.type ?? ""), JSON.stringify(answer));
    return false;
  });
  await conversation(client, driver, [
    ["QSTATUS kept", ["kept total: 1 processing: 0 consumers: 0"]],
    ["QREGISTER kept", "OK"],
    ["QNOTIFY 60", "kept"],
    ["QRPOP kept", ["1", "one"]],
    ["QACK kept 1", 1],
  ]);
}
