/**
 * Asking okq.
 *
 * @module
 */
import { useEffect, useState } from "./vendor.js";

/** Asks for something that changes nothing. @throws {Error} in a sentence for people */
export async function look(path, params = {}, signal = undefined) {
  return await answer(fetch(`api/${path}?${new URLSearchParams(params)}`, { signal }));
}

/** Asks for an action. Resolves to how many events it changed. @throws {Error} in a sentence for people */
export async function act(name, wish) {
  const headers = { "content-type": "application/json", "x-okq-page": "1" };
  return (await answer(fetch(`api/${name}`, { method: "POST", headers, body: JSON.stringify(wish) }))).done;
}

async function answer(asked) {
  const response = await asked.catch((error) => {
    throw error.name === "AbortError" ? error : new Error("okq does not answer");
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  const value = isJson ? JSON.parse(text) : { error: text.trim() };
  if (response.ok && isJson) return value;
  throw new Error(value.error || `okq answered with ${response.status}`);
}

/**
 * Looks again and again while the page is seen: `{ data, error, fresh }`. What was seen last stays, no longer
 * fresh, until what is asked for now is there.
 * @param everyMs pause between an answer and the next question; 0 asks once
 */
export function useLook(path, params, everyMs) {
  const [state, setState] = useState({});
  const key = JSON.stringify([path, params]);
  useEffect(() => {
    const gone = new AbortController();
    let [timer, looking] = [undefined, false];
    const next = async () => {
      if (document.hidden || looking) return;
      clearTimeout(timer);
      looking = true;
      try {
        const data = await look(path, params, gone.signal);
        if (!gone.signal.aborted) setState({ key, data });
      } catch (error) {
        if (!gone.signal.aborted) {
          setState((before) => ({ key, data: before.key === key ? before.data : undefined, error: error.message }));
        }
      }
      looking = false;
      if (everyMs > 0 && !gone.signal.aborted) timer = setTimeout(next, everyMs);
    };
    document.addEventListener("visibilitychange", next, { signal: gone.signal });
    next();
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [key]);
  return { ...state, fresh: state.key === key };
}
