/**
 * The events of a queue in one state, part by part.
 *
 * @module
 */
import { useLook } from "./api.js";
import { shown } from "./bytes.js";
import { count, size, time } from "./format.js";
import { html, useState } from "./vendor.js";
import { goTo, linkTo } from "./location.js";

/** Pause between two looks, in milliseconds. */
const LOOK_MS = 2000;
/** Events in a part. */
const ROWS = 50;

const STATES = ["ready", "processing", "delayed"];
const DUE = { ready: "", processing: "Lease ends in", delayed: "Ready in" };

/** The events, with a choice of the state. */
export function EventsTable({ place, figures }) {
  const { queue, state = "ready" } = place;
  const [cursor, setCursor] = useState("0");
  const { data, error, fresh } = useLook("events", { queue, state, cursor, count: ROWS }, LOOK_MS);
  return html`
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      <div class="tools" role="group" aria-label="State">
        ${STATES.map((one) =>
          html`
            <button aria-pressed=${String(one === state)} onClick=${() => goTo({ queue, state: one }, true)}>
              ${one} <span class="number">${count(figures[one])}</span>
            </button>
          `
        )}
      </div>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      ${data && fresh &&
        (data.events.length > 0
          ? html`<${Rows} queue=${queue} state=${state} events=${data.events} />`
          : html`<p>None is ${state}${cursor !== "0" && " from here on"}.</p>`)}
      ${data && (cursor !== "0" || data.cursor !== "0") && html`
        <nav class="tools" aria-label="Parts of the list">
          <button disabled=${cursor === "0"} onClick=${() => setCursor("0")}>From the start</button>
          <button disabled=${data.cursor === "0"} onClick=${() => setCursor(data.cursor)}>Next ${ROWS}</button>
        </nav>
      `}
    </section>
  `;
}

function Rows({ queue, state, events }) {
  const due = DUE[state];
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Table of events">
      <table>
        <thead>
          <tr>
          <th scope="col">Id</th><th scope="col">Attempts</th><th scope="col">Age</th><th scope="col">Size</th>
          ${due && html`<th scope="col">${due}</th>`}
        </tr>
        </thead>
        <tbody>
          ${events.map(({ id, attempts, ageMs, size: bytes, dueMs }) =>
            html`
              <tr key=${id}>
                <th scope="row"><a href=${linkTo({ queue, event: id })}>${shown(id)}</a></th>
                <td>${count(attempts)}</td><td>${time(ageMs)}</td><td>${size(bytes)}</td>
                ${due && html`<td>${time(dueMs)}</td>`}
              </tr>
            `
          )}
        </tbody>
      </table>
    </div>
  `;
}
