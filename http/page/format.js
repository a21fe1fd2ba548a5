/**
 * Numbers as people read them.
 *
 * @module
 */

/** `12,345` */
export function count(number) {
  return number.toLocaleString("en");
}

/** A decimal below 10. */
export function rate(perSecond) {
  return perSecond.toLocaleString("en", { maximumFractionDigits: perSecond < 10 ? 1 : 0 });
}

/** In its two largest units: `2 h 5 min`, or `2 h`. */
export function duration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return units(minutes, "min", Math.floor(seconds) % 60, "s");
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? units(hours, "h", minutes % 60, "min") : units(Math.floor(hours / 24), "d", hours % 24, "h");
}

function units(large, largeUnit, small, smallUnit) {
  return `${large} ${largeUnit}` + (small > 0 ? ` ${small} ${smallUnit}` : "");
}

/** In its largest unit: `2 h`. */
export function shortDuration(seconds) {
  return duration(seconds).replace(/ (min|h|d) .*/, " $1");
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

/** `1 event`, `2 events` */
export function plural(number, singular, pluralNoun = singular + "s") {
  return `${count(number)} ${number === 1 ? singular : pluralNoun}`;
}
