/**
 * Helpers for tests of the HTTP server.
 *
 * @module
 */
import type { ServeOptions, Server } from "../../server.ts";
import { assert } from "../deps.ts";
import { TEST_MS } from "./limits.ts";
import { redisTest } from "./programs.ts";
import { startRedis } from "./redis_server.ts";
import { serveForTest } from "./stores.ts";

/** The URL of a server's HTTP listener, without a path. */
export function httpUrl({ httpAddr }: Server): string {
  return `http://127.0.0.1:${httpAddr!.port}`;
}

type HttpTestBody = (url: string, server: Server) => Promise<void>;

/** Declares a test with a server that has an in-memory store and serves HTTP. */
export function httpTest(name: string, body: HttpTestBody, options?: ServeOptions): void {
  Deno.test({ name, timeout: TEST_MS, fn: () => withHttp("sqlite::memory:", body, options) });
}

/** Declares such a test, and the same with an empty Redis. */
export function httpStoreTest(name: string, body: HttpTestBody, options?: ServeOptions): void {
  httpTest(`${name} (sqlite)`, body, options);
  redisTest(`${name} (redis)`, async () => {
    await using redis = await startRedis();
    await withHttp(redis.url, body, options);
  });
}

async function withHttp(store: string, body: HttpTestBody, options?: ServeOptions): Promise<void> {
  const httpAddr = { hostname: "127.0.0.1", port: 0 };
  const server = await serveForTest(store, { httpAddr, ...options });
  try {
    await body(httpUrl(server), server);
  } finally {
    await server.close();
  }
}

/** A response of the API. */
export interface ApiResponse {
  status: number;
  headers: Headers;
  /** The value of JSON; otherwise text. */
  // deno-lint-ignore no-explicit-any -- tests check the value
  value: any;
}

/** What {@linkcode call} sends besides the path. */
export interface ApiRequest {
  /** Strings and bytes are sent as they are, other values as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  /** `name:password`. */
  login?: string;
  signal?: AbortSignal;
}

/** Sends a request like `POST /queues/q/claims`. @param url the server, without a path */
export async function call(url: string, request: string, options: ApiRequest = {}): Promise<ApiResponse> {
  const [method, path] = request.split(" ");
  const { body, headers = {}, login, signal } = options;
  const isRaw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(url + path, {
    method,
    body: isRaw ? body as BodyInit | undefined : JSON.stringify(body),
    headers: { ...headers, ...login === undefined ? {} : { authorization: `Basic ${btoa(login)}` } },
    signal,
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return { status: response.status, headers: response.headers, value: isJson ? JSON.parse(text) : text };
}

/** Asserts that a request is refused with this status and sentence. */
export async function refused(
  url: string,
  request: string,
  status: number,
  error: string | RegExp,
  options?: ApiRequest,
): Promise<void> {
  const response = await call(url, request, options);
  assert.equal(response.status, status, `${request}: ${JSON.stringify(response.value)}`);
  if (typeof error === "string") assert.equal(response.value.error, error, request);
  else assert.match(response.value.error, error, request);
}

/** Sends raw request lines, with headers that `fetch` would set itself, and returns the whole response. */
export async function rawRequest({ httpAddr }: Server, lines: string[]): Promise<string> {
  using connection = await Deno.connect(httpAddr!);
  await connection.write(new TextEncoder().encode([...lines, "Connection: close", "", ""].join("\r\n")));
  return await new Response(connection.readable).text();
}
