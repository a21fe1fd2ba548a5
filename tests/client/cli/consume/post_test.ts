import { percentEncode, retryAfterMs } from "../../../../client/cli/consume/post.ts";
import { assert, Webhook } from "../../../deps.ts";
import { Authority } from "../../../support/certificates.ts";
import { CommandProxy } from "../../../support/command_proxy.ts";
import { hostPort, totalOf } from "../../../support/consuming.ts";
import { eventually } from "../../../support/eventually.ts";
import { fields } from "../../../support/fields.ts";
import { Program } from "../../../support/process.ts";
import { programTest, withFolder } from "../../../support/programs.ts";
import { freePort } from "../../../support/redis_server.ts";
import { forEachStore, serveForTest } from "../../../support/stores.ts";
import { type Addr, connect } from "../../../support/wire.ts";

/** A request as an endpoint received it. */
interface Received {
  headers: Headers;
  body: Uint8Array;
}

/** An HTTP server that records requests. It answers as `respond` says. */
function startEndpoint(
  respond: (request: Received, count: number) => Response | Promise<Response>,
  tls: { cert?: string; key?: string } = {},
) {
  const requests: Received[] = [];
  const options = { hostname: "127.0.0.1", port: 0, onListen() {}, ...tls } as Deno.ServeTcpOptions;
  const server = Deno.serve(options, async (request) => {
    assert.equal(request.method, "POST");
    const received = { headers: request.headers, body: await request.bytes() };
    return await respond(received, requests.push(received));
  });
  const url = `${tls.cert ? "https" : "http"}://127.0.0.1:${server.addr.port}/hook`;
  return { url, requests, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** Starts `cli consume --post`, with options and queues. */
function startConsume(addr: Addr, url: string, args: string[], flags: string[] = []): Program {
  return new Program(["--addr", hostPort(addr), "consume", "--post", url, ...args], {
    main: "client/cli.ts",
    permissions: ["--allow-net", "--allow-read", ...flags],
  });
}

/** Consumes until the queues are empty, and checks that it ended well. Resolves to its standard error. */
async function consume(addr: Addr, url: string, args: string[], flags: string[] = []): Promise<string> {
  await using program = startConsume(addr, url, ["--until-empty", ...args], flags);
  const { code, stdout, stderr } = await program.ended;
  assert.deepEqual([code, stdout], [0, ""], stderr);
  return stderr;
}

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD_SECRET = btoa("0123456789abcdef0123456789abcdef");

await forEachStore(({ test }) => {
  test("consume --post sends contents, id, queue, attempt, group and meta, and a 2xx acknowledges", async (okq) => {
    const wire = await okq.connect();
    const queue = okq.queue();
    const contents = new Uint8Array(200_000).map((_, i) => i);
    const id = "é 100%.\n1";
    await wire.command(
      "QLPUSH",
      queue,
      id,
      contents,
      "GROUP",
      "müller",
      "META",
      "tenant: acme\ncontent-type: image/png",
    );
    await wire.command("QLPUSH", queue, new Uint8Array([0x61, 0xff]), "");
    await using endpoint = startEndpoint((_, count) =>
      count === 1 ? new Response("done") : new Response(null, { status: 204 })
    );
    assert.equal(await consume(okq.addr, endpoint.url, [queue]), "");
    const [first, second] = endpoint.requests;
    assert.deepEqual(first.body, contents);
    const { headers } = first;
    assert.deepEqual(["content-type", "okq-id", "okq-queue", "okq-attempt"].map((name) => headers.get(name)), [
      "image/png",
      "%C3%A9%20100%25.%0A1",
      queue,
      "1",
    ]);
    const [group, meta] = ["okq-group", "okq-meta"].map((name) => decodeURIComponent(headers.get(name)!));
    assert.deepEqual([group, meta], ["müller", "tenant: acme\ncontent-type: image/png"]);
    const names = [...second.headers.keys()].filter((name) => /^(okq|webhook|content)-/.test(name));
    assert.deepEqual(names, ["content-length", "content-type", "okq-attempt", "okq-id", "okq-queue"]);
    assert.deepEqual([second.headers.get("content-type"), second.headers.get("okq-id"), second.body.length], [
      "application/octet-stream",
      "a%FF",
      0,
    ]);
    assert.equal(endpoint.requests.length, 2);
  });

  test("consume --post --secret-file signs requests as Standard Webhooks has it", async (okq) => {
    const wire = await okq.connect();
    const queue = `${okq.queue()}:é`;
    await wire.command("QLPUSH", queue, "order.1", '{"to":"ann@example.com"}');
    await using endpoint = startEndpoint((_, count) => new Response(null, { status: count === 1 ? 500 : 200 }));
    await withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/secret`, `${SECRET}\n${OLD_SECRET}\n`);
      await consume(okq.addr, endpoint.url, ["--secret-file", `${folder}/secret`, queue]);
    });
    assert.equal(endpoint.requests.length, 2);
    for (const { headers, body } of endpoint.requests) {
      const sent = Object.fromEntries(headers);
      const text = new TextDecoder().decode(body);
      for (const secret of [SECRET, OLD_SECRET]) {
        assert.deepEqual(new Webhook(secret).verify(text, sent), { to: "ann@example.com" });
      }
      assert.throws(() => new Webhook(SECRET).verify(`${text} `, sent), /No matching signature/);
      assert.throws(() => new Webhook(btoa("another".repeat(5))).verify(text, sent), /No matching signature/);
    }
    const ids = endpoint.requests.map(({ headers }) => headers.get("webhook-id")!);
    assert.deepEqual(ids, Array(2).fill(`${encodeURIComponent(queue)}/order%2E1`));
  });

  test("consume --post lets an event die at 410 and 422, and gives it back at other statuses", async (okq) => {
    const wire = await okq.connect();
    const queue = okq.queue();
    const answers: Record<string, [status: number, headers: Record<string, string>, reason: string]> = {
      gone: [410, { "retry-after": "60" }, "410 Gone"],
      wrong: [422, {}, "422 Unprocessable Entity"],
      broken: [500, {}, "500 Internal Server Error"],
      moved: [302, { location: "/elsewhere" }, "302 Found: redirects are not followed"],
      busy: [429, { "retry-after": "7200" }, "429 Too Many Requests"],
      later: [503, { "retry-after": "Fri, 31 Dec 2999 23:59:59 GMT" }, "503 Service Unavailable"],
    };
    for (const id of Object.keys(answers)) await wire.command("QLPUSH", queue, id, "x");
    await using endpoint = startEndpoint(({ headers }) => {
      const [status, answer] = answers[headers.get("okq-id")!];
      return new Response("because", { status, headers: answer });
    });
    await using program = startConsume(okq.addr, endpoint.url, ["--concurrency", "6", queue]);
    const seen = await eventually(async () => {
      const seen: Record<string, Record<string, unknown>> = {};
      for (const [id, [status, , reason]] of Object.entries(answers)) {
        const isDead = status === 410 || status === 422;
        const event = fields(await wire.command("QGET", isDead ? `${queue}:dead` : queue, id));
        assert.equal(event.reason, reason);
        seen[id] = event;
      }
      return seen;
    });
    assert.deepEqual([seen.gone.attempts, seen.wrong.attempts], [1, 1]);
    const isWithin = (due: unknown, seconds: number) => {
      assert.ok(Number(due) > (seconds - 300) * 1000 && Number(due) <= seconds * 1000, `${due}`);
    };
    isWithin(seen.busy.due, 7200);
    isWithin(seen.later.due, 24 * 3600);
    program.kill("SIGTERM");
    const { code, stderr } = await program.ended;
    assert.equal(code, 0);
    assert.match(stderr, /event "gone" of queue .* failed at attempt 1: 410 Gone; it went to the dead queue\n/);
    assert.match(stderr, /event "busy" of queue .*: 429 Too Many Requests; it comes again in 7200\.0 s\n/);
  });

  test("consume --post finishes the requests under way on SIGTERM, as many as --concurrency says", async (okq) => {
    const wire = await okq.connect();
    const queue = okq.queue();
    for (const id of ["1", "2", "3", "4", "5"]) await wire.command("QLPUSH", queue, id, "x");
    const answer = Promise.withResolvers<void>();
    await using endpoint = startEndpoint(async () => {
      await answer.promise;
      return new Response();
    });
    await using program = startConsume(okq.addr, endpoint.url, ["--concurrency", "3", queue]);
    await eventually(() => assert.equal(endpoint.requests.length, 3));
    program.kill("SIGTERM");
    await eventually(async () => assert.ok(!`${await wire.command("CLIENT", "LIST")}`.includes("cmd=qclaim")));
    answer.resolve();
    const { code, stderr } = await program.ended;
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(endpoint.requests.length, 3);
    assert.equal(await totalOf(wire, queue), 2);
  });

  test("consume --post renews the lease while it waits for a response", async (okq) => {
    const wire = await okq.connect();
    const queue = okq.queue();
    await wire.command("QLPUSH", queue, "1", "x");
    await using proxy = new CommandProxy(okq.addr);
    await using endpoint = startEndpoint(async () => {
      await eventually(() => proxy.count("QTOUCH") > 0);
      return new Response();
    });
    const [hostname, port] = proxy.address.split(":");
    assert.equal(await consume({ hostname, port: Number(port) }, endpoint.url, ["--lease", "9", queue]), "");
    assert.equal(endpoint.requests.length, 1);
  });

  test("consume --post stops and gives the event back if it may not send requests", async (okq) => {
    const wire = await okq.connect();
    const queue = okq.queue();
    await wire.command("QLPUSH", queue, "1", "x");
    const url = `http://127.0.0.1:${freePort()}/`;
    await using program = new Program(["--addr", hostPort(okq.addr), "consume", "--post", url, queue], {
      main: "client/cli.ts",
      permissions: [`--allow-net=${hostPort(okq.addr)}`],
    });
    const { code, stderr } = await program.ended;
    assert.equal(code, 1);
    assert.match(stderr, /^Cannot send events: Requires net access to "127\.0\.0\.1:\d+".*\n$/);
    assert.deepEqual(await wire.command("QRPOP", queue), ["1", "x"]);
  });
});

programTest("consume --post gives an event back if there is no response in time, or no server", async () => {
  const server = await serveForTest("sqlite::memory:");
  await using wire = await connect(server.addr);
  for (const queue of ["slow", "absent"]) await wire.command("QLPUSH", queue, "1", "x");
  const answer = Promise.withResolvers<Response>();
  {
    await using endpoint = startEndpoint(() => answer.promise);
    const secret = `http://127.0.0.1:${freePort()}/?token=secret`;
    await using slow = startConsume(server.addr, endpoint.url, ["--timeout", "0.5", "slow"]);
    await using absent = startConsume(server.addr, secret, ["absent"]);
    const reasonIn = async (queue: string) => `${fields(await wire.command("QGET", queue, "1")).reason}`;
    await eventually(async () => assert.equal(await reasonIn("slow"), "no response within 0.5 s"));
    await eventually(async () => assert.match(await reasonIn("absent"), /^no response: .*Connection refused/));
    assert.doesNotMatch(await reasonIn("absent"), /token/);
    for (const program of [slow, absent]) program.kill("SIGTERM");
    for (const program of [slow, absent]) assert.equal((await program.ended).code, 0);
    answer.resolve(new Response());
  }
  await server.close();
});

programTest("consume --post does not wait for the end of a long response", async () => {
  const server = await serveForTest("sqlite::memory:");
  await using wire = await connect(server.addr);
  for (const id of ["1", "2"]) await wire.command("QLPUSH", "q", id, "x");
  let cut = 0;
  {
    await using endpoint = startEndpoint(() =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(10_000)), // without end
          cancel: () => void cut++,
        }),
      )
    );
    assert.equal(await consume(server.addr, endpoint.url, ["--timeout", "600", "q"]), "");
    await eventually(() => assert.equal(cut, 2));
  }
  await server.close();
});

programTest("consume --post sends events over TLS to a server whose certificate is trusted", async () => {
  const server = await serveForTest("sqlite::memory:");
  await using wire = await connect(server.addr);
  await wire.command("QLPUSH", "q", "1", "x");
  await withFolder(async (folder) => {
    const authority = await Authority.create();
    await Deno.writeTextFile(`${folder}/ca.pem`, authority.cert);
    await using endpoint = startEndpoint(() => new Response(), await authority.issue("endpoint"));
    {
      await using distrustful = startConsume(server.addr, endpoint.url, ["q"]);
      await eventually(async () => {
        assert.match(`${fields(await wire.command("QGET", "q", "1")).reason}`, /^no response: .*certificate/i);
      });
      distrustful.kill("SIGTERM");
      assert.equal((await distrustful.ended).code, 0);
    }
    assert.equal(endpoint.requests.length, 0);
    assert.equal(await consume(server.addr, endpoint.url, ["q"], [`--cert=${folder}/ca.pem`]), "");
    assert.equal(endpoint.requests.length, 1);
  });
  await server.close();
});

Deno.test("percentEncode keeps visible ASCII, and what it makes of UTF-8 can be decoded", () => {
  const text = "a.b/c?d=100% ü\n\0~";
  assert.equal(percentEncode(text), "a.b/c?d=100%25%20%C3%BC%0A%00~");
  assert.equal(decodeURIComponent(percentEncode(text)), text);
  assert.equal(percentEncode(new Uint8Array([0x41, 0x00, 0xff])), "A%00%FF");
});

Deno.test("retryAfterMs reads seconds and dates, within bounds", () => {
  const now = Date.parse("Wed, 21 Oct 2015 07:28:00 GMT");
  assert.equal(retryAfterMs("120", now), 120_000);
  assert.equal(retryAfterMs("Wed, 21 Oct 2015 07:29:30 GMT", now), 90_000);
  assert.deepEqual(["0", "Wed, 21 Oct 2015 07:27:00 GMT"].map((value) => retryAfterMs(value, now)), [1000, 1000]);
  assert.equal(retryAfterMs("99999999999999999999", now), 24 * 3600 * 1000);
  assert.deepEqual([null, "", "soon"].map((value) => retryAfterMs(value, now)), [undefined, undefined, undefined]);
});
