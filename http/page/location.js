/**
 * What is looked at, as the part of the address behind the #: so that it can be linked to, and gone back to.
 *
 * @module
 */
import { useEffect, useState } from "./vendor.js";

/** The link to a view. */
export function linkTo(params) {
  const given = Object.entries(params).filter(([, value]) => value !== undefined && value !== "");
  return `#${new URLSearchParams(given)}`;
}

/** Goes to a view; with `instead` going back leads to the one before this. */
export function goTo(params, instead = false) {
  if (instead) location.replace(linkTo(params));
  else location.hash = linkTo(params);
}

/** The view that the address names. */
export function usePlace() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return Object.fromEntries(new URLSearchParams(hash.slice(1)));
}
