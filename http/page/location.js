/**
 * The current view as parameters after the # of the address: it can be linked to, and the back button works.
 *
 * @module
 */
import { useEffect, useState } from "./vendor.js";

/** Leaves out undefined and empty parameters. */
export function linkTo(params) {
  const present = Object.entries(params).filter(([, value]) => value !== undefined && value !== "");
  return `#${new URLSearchParams(present)}`;
}

/** @param replace replace the current history entry */
export function goTo(params, replace = false) {
  if (replace) location.replace(linkTo(params));
  else location.hash = linkTo(params);
}

export function useLocation() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return Object.fromEntries(new URLSearchParams(hash.slice(1)));
}
