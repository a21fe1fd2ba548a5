/**
 * A client of the page's HTTP API for tests.
 *
 * @module
 */

import { toUrl } from "../../http/page/bytes.js";

/** Sends the requests of the page. */
export class PageClient {
  /** @param url the server, without a path @param credentials `name:password` */
  constructor(readonly url: string, readonly credentials?: string) {}

  /** Sends a GET request; resolves to the status and the body. */
  // deno-lint-ignore no-explicit-any -- tests check the value
  async get(path: string, params: Record<string, string> = {}): Promise<{ status: number; value: any }> {
    const query = Object.entries(params).map(([name, value]) => `${name}=${toUrl(value)}`).join("&");
    const response = await fetch(`${this.url}/api/${path}?${query}`, { headers: this.#login() });
    return { status: response.status, value: await valueOf(response) };
  }

  /** Sends an action; resolves to the status, and the number of changes or the error. */
  async act(name: string, body: unknown, headers?: Record<string, string>): Promise<unknown[]> {
    const response = await this.#post(name, body, headers);
    const value = await valueOf(response);
    return [response.status, value.changed ?? value.error ?? value];
  }

  /** Sends an action; resolves to the body. */
  async action(name: string, body: unknown): Promise<unknown> {
    return await valueOf(await this.#post(name, body));
  }

  #post(name: string, body: unknown, headers: Record<string, string> = { "x-okq-page": "1" }): Promise<Response> {
    const init = { method: "POST", body: JSON.stringify(body), headers: { ...this.#login(), ...headers } };
    return fetch(`${this.url}/api/${name}`, init);
  }

  #login(): Record<string, string> {
    return this.credentials === undefined ? {} : { authorization: `Basic ${btoa(this.credentials)}` };
  }
}

// deno-lint-ignore no-explicit-any -- as above
async function valueOf(response: Response): Promise<any> {
  const text = await response.text();
  return response.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : text.trimEnd();
}
