/**
 * What tests of the page's API share.
 *
 * @module
 */

/** What the page asks for, and how it asks. */
export class PageClient {
  /** @param url of the server @param credentials as in `name:password` */
  constructor(readonly url: string, readonly credentials?: string) {}

  /** Looks; resolves to the status and the answer. */
  // deno-lint-ignore no-explicit-any -- tests say what they expect of it
  async look(path: string, params: Record<string, string> = {}): Promise<{ status: number; value: any }> {
    const response = await fetch(`${this.url}/api/${path}?${new URLSearchParams(params)}`, { headers: this.#login() });
    return { status: response.status, value: await valueOf(response) };
  }

  /** Acts; resolves to the status and what was done, or why it was not. */
  async act(name: string, wish: unknown, headers: Record<string, string> = { "x-okq-page": "1" }): Promise<unknown[]> {
    const init = { method: "POST", body: JSON.stringify(wish), headers: { ...this.#login(), ...headers } };
    const response = await fetch(`${this.url}/api/${name}`, init);
    const value = await valueOf(response);
    return [response.status, value.done ?? value.error ?? value];
  }

  #login(): Record<string, string> {
    return this.credentials === undefined ? {} : { authorization: `Basic ${btoa(this.credentials)}` };
  }
}

// deno-lint-ignore no-explicit-any -- see above
async function valueOf(response: Response): Promise<any> {
  const text = await response.text();
  return response.headers.get("content-type")?.startsWith("application/json") ? JSON.parse(text) : text.trimEnd();
}
