/**
 * Times, as an age and as the time of day in the browser's zone.
 *
 * @module
 */
import { duration } from "./format.js";
import { html } from "./vendor.js";

const DAY_MS = 86_400_000;

const zoneFormat = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
const timeFormat = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const dateFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** A time that lies `ms` milliseconds back. */
export function Ago({ ms }) {
  return html`${duration(ms)} <${TimeOfDay} at=${Date.now() - ms} />`;
}

/** A time that lies `ms` milliseconds ahead. */
export function Ahead({ ms }) {
  return html`${duration(ms)} <${TimeOfDay} at=${Date.now() + ms} />`;
}

/** `UTC` or `GMT+1` */
export function zone(at = Date.now()) {
  return zoneFormat.formatToParts(at).find(({ type }) => type === "timeZoneName").value;
}

/** With the date, unless that is near. */
function TimeOfDay({ at }) {
  const date = Math.abs(Date.now() - at) < DAY_MS / 2 ? "" : `${dateFormat.format(at)}, `;
  return html`<time datetime=${new Date(at).toISOString()}>${date}${timeFormat.format(at)}\u00a0${zone(at)}</time>`;
}
