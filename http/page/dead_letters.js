/**
 * The overview of dead letters: which dead queues hold some, whose they are, and why the newest died.
 *
 * @module
 */
import { usePoll } from "./api.js";
import { EventGlimpse } from "./events.js";
import { count, plural } from "./format.js";
import { linkTo } from "./location.js";
import { Name } from "./name.js";
import { Pages } from "./pages.js";
import { Ago } from "./time.js";
import { html } from "./vendor.js";

const POLL_INTERVAL_MS = 3000;
const QUEUES_PER_PAGE = 20;

export function DeadLettersView({ params }) {
  const from = Number(params.from) || 0;
  const { data, error } = usePoll("dead-letters", { from, count: QUEUES_PER_PAGE }, POLL_INTERVAL_MS);
  return html`
    <h1 tabindex="-1">Dead letters</h1>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${data && html`
      <p class="sums">
        ${data.found === 0 ? "No dead queue holds an event." : html`
          ${plural(data.total, "event")} in ${plural(data.found, "dead queue")}. Open one to try its events again.
        `}
        ${data.unread > 0 && html`
          ${" "}The policies of ${plural(data.unread, "queue")} are still to be read; dead queues that they name may be
          missing.
        `}
      </p>
      ${data.queues.length > 0 && html`<${Table} queues=${data.queues} />`}
      <${Pages} params=${params} from=${from} found=${data.found} perPage=${QUEUES_PER_PAGE} />
    `}
  `;
}

function Table({ queues }) {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Table of dead queues">
      <table>
        <thead>
          <tr>
            <th scope="col">Dead queue</th>
            <th scope="col">Events</th>
            <th scope="col" class="text">Newest</th>
            <th scope="col" class="wide">Pushed</th>
          </tr>
        </thead>
        <tbody>
          ${queues.map(({ queue, total, origins, newest }) =>
            html`
              <tr key=${queue}>
                <th scope="row">
                  <a href=${linkTo({ queue, side: "left" })}><${Name} bytes=${queue} /></a>
                  <${Origins} origins=${origins} />
                </th>
                <td>${count(total)}</td>
                <td class="text">${newest && html`
                  <a href=${linkTo({ queue, event: newest.id })}><${Name} bytes=${newest.id} /></a>
                  <${EventGlimpse} event=${newest} />
                `}</td>
                <td class="wide">${newest && html`<${Ago} seconds=${newest.age} />`}</td>
              </tr>
            `
          )}
        </tbody>
      </table>
    </div>
  `;
}

/** Links to the queues whose dead letters a queue holds. */
export function Origins({ origins }) {
  if (origins.length === 0) return null;
  return html`
    <small class="origins">Dead letters of ${origins.map((queue, i) =>
      html`${i > 0 && ", "}<a href=${linkTo({ queue })}><${Name} bytes=${queue} /></a>`
    )}</small>
  `;
}
