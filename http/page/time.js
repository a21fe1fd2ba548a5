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

/** A time that lies so many seconds back. */
export function Ago({ seconds }) {
  return html`${duration(seconds)} <${TimeOfDay} at=${Date.now() - seconds * 1000} />`;
}

/** A time that lies so many seconds ahead. */
export function Ahead({ seconds }) {
  return html`${duration(seconds)} <${TimeOfDay} at=${Date.now() + seconds * 1000} />`;
}

/** `UTC` or `GMT+1` */
export function zone(at = Date.now()) {
  return zoneFormat.formatToParts(at).find(({ type }) => type === "timeZoneName").value;
}

/** A time of the future, RFC 3339, and how far it is. */
export function Until({ time }) {
  return html`<${Ahead} seconds=${Math.max(0, Date.parse(time) - Date.now()) / 1000} />`;
}

/** A time of the past, RFC 3339, and how long it is ago. */
export function Since({ time }) {
  return html`<${Ago} seconds=${Math.max(0, Date.now() - Date.parse(time)) / 1000} />`;
}

/** With weekday and date, in a time zone; in UTC if the browser does not know the zone. */
export function timeIn(at, timeZone) {
  const options = { dateStyle: "full", timeStyle: "long" };
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone }).format(at);
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(at);
  }
}

/** With the date, unless that is near. */
function TimeOfDay({ at }) {
  const date = Math.abs(Date.now() - at) < DAY_MS / 2 ? "" : `${dateFormat.format(at)}, `;
  return html`<time datetime=${new Date(at).toISOString()}>${date}${timeFormat.format(at)}\u00a0${zone(at)}</time>`;
}
