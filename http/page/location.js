/**
 * The parameters of the view after the # of the address: it can be linked to, and the back button works. Values are
 * UTF-8, or bytes that are percent-encoded.
 *
 * Each entry of the browser's history has a state: an id, by which its scroll position is remembered, and the trail of
 * the cursors of the pages before this one.
 *
 * @module
 */
import { fromUrl, toUrl } from "./bytes.js";
import { useEffect, useState } from "./vendor.js";

/** How long a list may take to load before its scroll position is given up. */
const RESTORE_MS = 5000;

const scrollPositions = new Map();

/** Leaves out undefined and empty parameters. */
export function linkTo(params) {
  const present = Object.entries(params).filter(([, value]) => value !== undefined && value !== "");
  return "#" + present.map(([name, value]) => `${name}=${toUrl(`${value}`)}`).join("&");
}

/** @param replace replace the current history entry */
export function goTo(params, replace = false, trail = []) {
  if (replace) history.replaceState({ ...history.state, trail }, "", linkTo(params));
  else history.pushState({ trail }, "", linkTo(params));
  dispatchEvent(new PopStateEvent("popstate"));
}

/** Returns the parameters of the view, the trail, and whether the operator came back to this entry of the history. */
export function useLocation() {
  const [entry, setEntry] = useState(() => readEntry(false));
  useEffect(() => {
    let current = entry;
    const changed = () => {
      const isReturn = scrollPositions.has(history.state?.id) && history.state.id !== current.id;
      const left = current.hash;
      current = readEntry(isReturn);
      if (isReturn) restore(scrollPositions.get(current.id), left);
      setEntry(current);
    };
    const scrolled = () => scrollPositions.set(current.id, scrollY);
    history.scrollRestoration = "manual";
    addEventListener("popstate", changed);
    addEventListener("scroll", scrolled, { passive: true });
    return () => {
      removeEventListener("popstate", changed);
      removeEventListener("scroll", scrolled);
    };
  }, []);
  return entry;
}

function readEntry(isReturn) {
  const state = { id: crypto.getRandomValues(new Uint32Array(1))[0], trail: [], ...history.state };
  if (!history.state?.id) history.replaceState(state, "");
  if (!scrollPositions.has(state.id)) scrollPositions.set(state.id, 0);
  const { hash } = location;
  const params = hash.slice(1).split("&").map((param) => /^([^=]*)=?(.*)$/s.exec(param).slice(1).map(fromUrl));
  return { ...state, hash, isReturn, params: Object.fromEntries(params.filter(([name]) => name !== "")) };
}

/** Scrolls to where the operator was, once that has loaded, and focuses the link that was followed. */
function restore(position, followed) {
  const end = new AbortController();
  const observer = new ResizeObserver(() => {
    scrollTo(0, position);
    const link = Array.from(document.querySelectorAll("main a")).find((link) => link.hash === followed);
    if (scrollY < position - 1 || !link) return;
    link.focus({ preventScroll: true });
    end.abort();
  });
  observer.observe(document.getElementById("app"));
  end.signal.addEventListener("abort", () => observer.disconnect());
  setTimeout(() => end.abort(), RESTORE_MS);
  for (const input of ["wheel", "touchstart", "pointerdown", "keydown"]) {
    addEventListener(input, () => end.abort(), { signal: end.signal });
  }
}
