/**
 * Names and ids in one line. Long ones are cut in the middle: both ends tell names apart. They are isolated from the
 * text around them, whose order names in Arabic or Hebrew would change; their own parts go from left to right.
 *
 * @module
 */
import { display } from "./bytes.js";
import { html } from "./vendor.js";

const MAX_CHARACTERS = 60;
/** Kept of the end of a long name. */
const END_CHARACTERS = 16;

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const [ISOLATE, END_ISOLATE] = ["\u2066", "\u2069"];

/** With the whole name in a tooltip. */
export function Name({ bytes }) {
  const whole = display(bytes);
  const text = shorten(whole);
  return html`<bdi dir="ltr" title=${text === whole ? undefined : whole}>${text}</bdi>`;
}

/** For titles and messages. */
export function nameOf(bytes) {
  const text = shorten(display(bytes));
  return RIGHT_TO_LEFT.test(text) ? ISOLATE + text + END_ISOLATE : text;
}

function shorten(text) {
  const characters = Array.from(text);
  if (characters.length <= MAX_CHARACTERS) return text;
  const start = characters.slice(0, MAX_CHARACTERS - END_CHARACTERS - 1).join("");
  return `${start}…${characters.slice(-END_CHARACTERS).join("")}`;
}
