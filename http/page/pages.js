/**
 * Buttons that turn the pages of a table that is counted.
 *
 * @module
 */
import { count } from "./format.js";
import { goTo } from "./location.js";
import { html } from "./vendor.js";

export function Pages({ params, from, found, perPage }) {
  if (found <= perPage && from === 0) return null;
  const last = Math.min(from + perPage, found);
  return html`
    <nav class="tools" aria-label="Pages">
      <button disabled=${from === 0} onClick=${() =>
        goTo({ ...params, from: Math.max(0, from - perPage) || undefined })}>Previous</button>
      <span>${count(Math.min(from + 1, found))} to ${count(last)} of ${count(found)}</span>
      <button disabled=${last >= found} onClick=${() => goTo({ ...params, from: from + perPage })}>Next</button>
    </nav>
  `;
}
