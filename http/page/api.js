/**
 * Requests to okq. docs/http.md describes the routes.
 *
 * @module
 */
import { fromJson, fromText, toRequest, toText } from "./bytes.js";
import { useEffect, useState } from "./vendor.js";

/** The path of a resource, from a template with the bytes of names. Browsers would remove names that are dots alone. */
export function path(texts, ...names) {
  return String.raw({ raw: texts }, ...names.map(toRequest)).replaceAll(/(?<=\/)\.\.?(?=\/|$)/g, "$&:");
}

/** Resolves to the reply, in which texts are bytes. Parameters that are undefined are left out. */
export async function get(path, params = {}, signal = undefined) {
  return await send(path, params, { signal });
}

/** Changes something. @param params of the query @param json the body */
export async function act(method, path, { params = {}, json } = {}) {
  const headers = { "content-type": "application/json" };
  return await send(path, params, { method, headers, body: json && JSON.stringify(json) });
}

/** @param contents of the event, as bytes */
export async function push(path, params, contents) {
  const headers = { "content-type": "application/octet-stream" };
  const body = Uint8Array.from(contents, (byte) => byte.charCodeAt(0));
  return await send(path, params, { method: "POST", headers, body });
}

async function send(path, params, init) {
  const query = Object.entries(params).filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${toRequest(`${value}`)}`).join("&");
  const url = `./${path}` + (query === "" ? "" : `?${query}`); // what is before a colon would be a scheme
  const response = await fetch(url, init).catch((error) => {
    throw error.name === "AbortError" ? error : new Error("okq does not answer");
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  const value = isJson ? fromJson(text) : { error: fromText(text.trim()) };
  if (response.ok && isJson) return value;
  throw new Error(toText(value.error ?? "") || `okq answered with status ${response.status}`);
}

/**
 * Polls while the page is visible. After a change of path or parameters the old data stays, not fresh, until the first
 * new response.
 * @param intervalMs time from a response to the next request; 0 requests once
 */
export function usePoll(path, params, intervalMs) {
  const [state, setState] = useState({});
  const key = JSON.stringify([path, params]);
  useEffect(() => {
    const unmounted = new AbortController();
    let [timer, pending] = [undefined, false];
    const poll = async () => {
      if (document.hidden || pending) return;
      clearTimeout(timer);
      pending = true;
      try {
        const data = await get(path, params, unmounted.signal);
        if (!unmounted.signal.aborted) setState({ key, data });
      } catch (error) {
        if (!unmounted.signal.aborted) {
          setState((old) => ({ key, data: old.key === key ? old.data : undefined, error: error.message }));
        }
      }
      pending = false;
      if (intervalMs > 0 && !unmounted.signal.aborted) timer = setTimeout(poll, intervalMs);
    };
    document.addEventListener("visibilitychange", poll, { signal: unmounted.signal });
    poll();
    return () => {
      clearTimeout(timer);
      unmounted.abort();
    };
  }, [key]);
  return { ...state, fresh: state.key === key };
}
