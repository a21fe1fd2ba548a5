/**
 * The table of a queue's events in one state, page by page.
 *
 * @module
 */
import { usePoll } from "./api.js";
import { count, duration, size } from "./format.js";
import { goTo, linkTo } from "./location.js";
import { Name } from "./name.js";
import { html, useState } from "./vendor.js";

const POLL_INTERVAL_MS = 2000;
const EVENTS_PER_PAGE = 50;

const STATES = ["ready", "processing", "delayed"];
const DUE_HEADINGS = { ready: "", processing: "Lease ends in", delayed: "Ready in" };

/** @param counts the number of events per state */
export function EventsTable({ params, counts }) {
  const { queue, state = "ready" } = params;
  const [cursor, setCursor] = useState("0");
  const { data, error, fresh } = usePoll("events", { queue, state, cursor, count: EVENTS_PER_PAGE }, POLL_INTERVAL_MS);
  return html`
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      <div class="tools" role="group" aria-label="State">
        ${STATES.map((name) =>
          html`
            <button aria-pressed=${String(name === state)} onClick=${() => goTo({ queue, state: name }, true)}>
              ${name} <span class="number">${count(counts[name])}</span>
            </button>
          `
        )}
      </div>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      ${data && fresh &&
        (data.events.length > 0
          ? html`<${Rows} queue=${queue} state=${state} events=${data.events} />`
          : html`<p>No ${cursor !== "0" && "more "}${state} events.</p>`)}
      ${data && (cursor !== "0" || data.cursor !== "0") && html`
        <nav class="tools" aria-label="Pages">
          <button disabled=${cursor === "0"} onClick=${() => setCursor("0")}>First page</button>
          <button disabled=${data.cursor === "0"} onClick=${() => setCursor(data.cursor)}>Next page</button>
        </nav>
      `}
    </section>
  `;
}

function Rows({ queue, state, events }) {
  const dueHeading = DUE_HEADINGS[state];
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Table of events">
      <table>
        <thead>
          <tr>
          <th scope="col">Id</th><th scope="col">Attempts</th><th scope="col">Age</th><th scope="col">Size</th>
          ${dueHeading && html`<th scope="col">${dueHeading}</th>`}
        </tr>
        </thead>
        <tbody>
          ${events.map(({ id, attempts, ageMs, size: bytes, dueMs }) =>
            html`
              <tr key=${id}>
                <th scope="row"><a href=${linkTo({ queue, event: id })}><${Name} bytes=${id} /></a></th>
                <td>${count(attempts)}</td><td>${duration(ageMs)}</td><td>${size(bytes)}</td>
                ${dueHeading && html`<td>${duration(dueMs)}</td>`}
              </tr>
            `
          )}
        </tbody>
      </table>
    </div>
  `;
}
