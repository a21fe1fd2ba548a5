/**
 * The parameters of the view after the # of the address: it can be linked to, and the back button works. Values are
 * UTF-8, or bytes that are percent-encoded.
 *
 * @module
 */
import { fromUrl, toUrl } from "./bytes.js";
import { useEffect, useState } from "./vendor.js";

/** Leaves out undefined and empty parameters. */
export function linkTo(params) {
  const present = Object.entries(params).filter(([, value]) => value !== undefined && value !== "");
  return "#" + present.map(([name, value]) => `${name}=${toUrl(`${value}`)}`).join("&");
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
  const params = hash.slice(1).split("&").map((param) => /^([^=]*)=?(.*)$/s.exec(param).slice(1).map(fromUrl));
  return Object.fromEntries(params.filter(([name]) => name !== ""));
}
