/**
 * Numbers for people.
 *
 * @module
 */

/** How many. */
export function count(number) {
  return number.toLocaleString("en");
}

/** How many in a second. */
export function rate(perSecond) {
  return perSecond.toLocaleString("en", { maximumFractionDigits: perSecond < 10 ? 1 : 0 });
}

/** How long, in the two largest units. */
export function time(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor(ms / 1000) % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** How long, about. */
export function about(ms) {
  return time(ms).replace(/ (min|h|d) .*/, " $1");
}

/** How large. */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

/** One or many of something. */
export function many(number, one, others = one + "s") {
  return `${count(number)} ${number === 1 ? one : others}`;
}
