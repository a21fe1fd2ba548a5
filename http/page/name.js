/**
 * Names and ids in one line. Long ones are cut in the middle: both ends tell names apart.
 *
 * @module
 */
import { display } from "./bytes.js";
import { html } from "./vendor.js";

const MAX_CHARACTERS = 60;
/** Kept of the end of a long name. */
const END_CHARACTERS = 16;

/** With the whole name in a tooltip. */
export function Name({ bytes }) {
  const whole = display(bytes);
  const text = shorten(whole);
  return text === whole ? whole : html`<span title=${whole}>${text}</span>`;
}

/** For titles and messages. */
export function nameOf(bytes) {
  return shorten(display(bytes));
}

function shorten(text) {
  const characters = Array.from(text);
  if (characters.length <= MAX_CHARACTERS) return text;
  const start = characters.slice(0, MAX_CHARACTERS - END_CHARACTERS - 1).join("");
  return `${start}…${characters.slice(-END_CHARACTERS).join("")}`;
}
