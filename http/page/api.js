/**
 * Requests to okq.
 *
 * @module
 */
import { toUrl } from "./bytes.js";
import { useEffect, useState } from "./vendor.js";

/** The address of a resource, or of a file to save. */
export function urlOf(path, params = {}) {
  return `api/${path}?` + Object.entries(params).map(([name, value]) => `${name}=${toUrl(`${value}`)}`).join("&");
}

export async function get(path, params = {}, signal = undefined) {
  return await readResponse(fetch(urlOf(path, params), { signal }));
}

/** Resolves to the number of changed events or queues, `changed`, and what else the action returns. */
export async function act(name, body) {
  const headers = { "content-type": "application/json", "x-okq-page": "1" };
  return await readResponse(fetch(`api/${name}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function readResponse(request) {
  const response = await request.catch((error) => {
    throw error.name === "AbortError" ? error : new Error("okq does not answer");
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  const value = isJson ? JSON.parse(text) : { error: text.trim() };
  if (response.ok && isJson) return value;
  throw new Error(value.error || `okq answered with status ${response.status}`);
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
