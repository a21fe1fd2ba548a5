/**
 * Pushes and claims over HTTP, beside the same commands of the protocol without pipelining.
 *
 * @module
 */
import { freePort } from "../../../tests/support/redis_server.ts";
import { connect } from "../../../tests/support/wire.ts";
import { STORE_NAMES, STORES } from "../../stores.ts";
import { contentsOf, ID, respStep, type Step, textStep } from "../load/step.ts";
import { type Context, figure, type Measure, medianRatio, ratio } from "../measure.ts";
import { startQuietOkq } from "../systems.ts";

const CONNECTIONS = 50;
const BYTES = 32;
const QUEUE = "http";
const LEASE_SECONDS = "3600";
/** Rounds that do not count: V8 compiles hot code. */
const WARM_UP = 2;
const EVENTS = 400 * CONNECTIONS;
/** What HTTP must reach of the rate of the protocol. */
const BAR = 0.5;
/** Lines of a reply of QCLAIM: the array, and an event in it. */
const CLAIMED_LINES = 1 + 1 + 2 + 2 + 2 + 1 + 2;

interface Way {
  port: number;
  push: Step;
  claim: Step;
}

export const http: Measure = {
  name: "http",
  title: "HTTP beside the protocol",
  columns: ["server", "request", "RESP/s", "HTTP/s", "× RESP"],
  async run(context) {
    const rows: string[][] = [];
    for (const name of STORE_NAMES) {
      const server = name === "redis" ? "okq" : "okq sqlite";
      context.note(server);
      await using stack = new AsyncDisposableStack();
      const { url } = await STORES[name](stack);
      const httpPort = freePort();
      const okq = stack.use(await startQuietOkq(url, ["--http-addr", `127.0.0.1:${httpPort}`]));
      const ways = [respWay(okq.addr.port), await httpWay(httpPort)];
      const flush = async () => {
        await using wire = await connect(okq.addr);
        await wire.command("QFLUSH", QUEUE);
      };
      await flush(); // of the event of httpWay
      const [resp, http] = await measure(context, ways, flush);
      for (const request of ["push", "claim"] as const) {
        const [base, rates] = [resp[request], http[request]];
        rows.push([server, request, figure(base), figure(rates), ratio(rates, base)]);
        const reached = medianRatio(rates, base);
        if (reached < BAR) context.missed(`${server}, ${request} over HTTP: ${reached} × RESP, the bar is ${BAR}`);
      }
    }
    return rows;
  },
};

/** Resolves to the rates of each way. */
async function measure(
  { client, rounds }: Context,
  ways: Way[],
  flush: () => Promise<void>,
): Promise<{ push: number[]; claim: number[] }[]> {
  const rates = ways.map(() => ({ push: [] as number[], claim: [] as number[] }));
  for (let round = 0; round < WARM_UP + rounds; round++) {
    for (const [w, { port, push, claim }] of ways.entries()) {
      for (const [request, step] of Object.entries({ push, claim })) {
        const load = { port, connections: CONNECTIONS, pipeline: 1, events: EVENTS };
        const { rate } = await client.run({ ...load, steps: [step] });
        if (round >= WARM_UP) rates[w][request as "push" | "claim"].push(rate);
      }
      await flush();
    }
  }
  return rates;
}

function respWay(port: number): Way {
  return {
    port,
    push: respStep(["QLPUSH", QUEUE, ID, contentsOf(BYTES)], "sequence", 1, "+OK"),
    claim: respStep(["QCLAIM", "EX", LEASE_SECONDS, "QUEUES", QUEUE], "none", CLAIMED_LINES, "*1"),
  };
}

async function httpWay(port: number): Promise<Way> {
  const head = (path: string) => `POST /queues/${QUEUE}/${path}`;
  const tail = (body: string) => ` HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const [pushHead, pushTail] = [head("events?id="), tail(contentsOf(BYTES))];
  const claim = head(`claims?lease=${LEASE_SECONDS}`) + tail("");
  const pushLines = await linesOf(port, pushHead + ID + pushTail);
  const claimLines = await linesOf(port, claim);
  return {
    port,
    push: textStep(pushHead, "sequence", pushTail, pushLines, "HTTP/1.1 201"),
    claim: textStep(claim, "none", "", claimLines, "HTTP/1.1 200"),
  };
}

/** The lines of a response, of which the last one is the JSON. */
async function linesOf(port: number, request: string): Promise<number> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode(request.replace("\r\nhost:", "\r\nconnection: close\r\nhost:")));
  const text = await new Response(conn.readable).text();
  const closing = /^connection: close\r$/im.test(text) ? 1 : 0;
  return text.split("\n").length - 1 - closing;
}
