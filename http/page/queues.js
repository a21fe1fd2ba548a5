/**
 * The view of all queues; the server searches, sorts and pages them.
 *
 * @module
 */
import { openPushDialog } from "./actions.js";
import { usePoll } from "./api.js";
import { containing, display, fromTyped, toText } from "./bytes.js";
import { count, plural, rate, shortDuration } from "./format.js";
import { goTo, linkTo } from "./location.js";
import { Name } from "./name.js";
import { Pages } from "./pages.js";
import { Sparkline } from "./sparkline.js";
import { html } from "./vendor.js";

const POLL_INTERVAL_MS = 2000;
const QUEUES_PER_PAGE = 50;

/**
 * A column without a value shows the sparkline. `first` is the order of the first click; `wide` columns are hidden on
 * phones.
 */
const QUEUE = { sort: "queue", heading: "Queue", first: "up" };
const GROUPS = [
  {
    heading: "Events now",
    columns: [
      { sort: "ready", heading: "Ready", value: ({ ready }) => count(ready) },
      { heading: "Trend", wide: true },
      { sort: "processing", heading: "Processing", value: ({ processing }) => count(processing), wide: true },
      { sort: "delayed", heading: "Delayed", value: ({ delayed }) => count(delayed), wide: true },
      { sort: "blocked", heading: "Blocked", value: ({ blocked }) => count(blocked), wide: true },
      { sort: "oldest", heading: "Oldest", value: ({ oldest }) => oldest ? shortDuration(oldest) : "–" },
      { heading: "Dead", value: (queue) => html`<${DeadLetters} ...${queue} />` },
    ],
  },
  {
    heading: "",
    columns: [{ sort: "consumers", heading: "Consumers", value: ({ consumers }) => count(consumers), wide: true }],
  },
  {
    heading: "Events per second",
    columns: [
      { heading: "In", value: ({ rates }) => rate(rates.pushed), wide: true },
      { heading: "Out", value: ({ rates }) => rate(rates.acked), wide: true },
      { heading: "Redelivered", value: ({ rates }) => rate(rates.redelivered), wide: true },
    ],
  },
];
const COLUMNS = GROUPS.flatMap(({ columns }) => columns.map((column, i) => ({ ...column, isFirst: i === 0 })));

export function QueuesView({ params, session, openDialog }) {
  const { search = "", sort = "ready", order = "down" } = params;
  const from = Number(params.from) || 0;
  const match = search === "" ? undefined : containing(search);
  const query = { match, sort, order, from, count: QUEUES_PER_PAGE, history: true };
  const { data, error } = usePoll("queues", query, POLL_INTERVAL_MS);
  const searchFor = ({ target }) => goTo({ ...params, search: fromTyped(target.value), from: undefined }, true);
  return html`
    <div class="heading">
      <h1 tabindex="-1">Queues</h1>
      ${session.roles.includes("produce") &&
        html`<button onClick=${() => openPushDialog(openDialog)}>Push an event</button>`}
    </div>
    <form role="search" onSubmit=${(event) => event.preventDefault()}>
      <label for="search">Search by name</label>
      <input id="search" type="search" defaultValue=${toText(search) ??
        display(search)} onInput=${searchFor} autocomplete="off"
        spellcheck="false" />
    </form>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${data && html`
      <p class="sums">
        ${search === "" ? plural(data.all, "queue") : `${count(data.found)} of ${plural(data.all, "queue")}`}:
        ${" "}${count(data.sums.ready)} ready, ${count(data.sums.processing)} processing,
        ${" "}${count(data.sums.delayed)} delayed, ${count(data.sums.blocked)} blocked; <a href="#view=dead">${plural(
          data.sums["dead-letters"],
          "dead letter",
        )}</a>
      </p>
      ${data.queues.length > 0 && html`<${Table} queues=${data.queues} params=${params} sort=${sort} order=${order} />`}
      ${data.all === 0 && html`<p>No queue holds an event or has a consumer.</p>`}
      <${Pages} params=${params} from=${from} found=${data.found} perPage=${QUEUES_PER_PAGE} />
    `}
  `;
}

function Table({ queues, params, sort, order }) {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Table of queues">
      <table class="queues">
        <thead>
          <tr class="wide">
            <td />
            ${GROUPS.map(({ heading, columns }) =>
              html`<th scope="colgroup" class="group" colspan=${columns.length}>${heading}</th>`
            )}
          </tr>
          <tr>
          ${[QUEUE, ...COLUMNS].map((column) =>
            html`<${Heading} ...${column} params=${params} sorted=${column.sort === sort && order} />`
          )}
        </tr>
        </thead>
        <tbody>
          ${queues.map((row) =>
            html`
              <tr key=${row.queue}>
                <th scope="row">
                  <a href=${linkTo({ queue: row.queue })}><${Name} bytes=${row.queue} /></a>
                  ${row.paused && html`
                    <span class="badge">paused</span>
                  `}
                  ${row.limited && html`
                    <span class="badge">limited</span>
                  `}
                </th>
                ${COLUMNS.map(({ sort, value, wide, isFirst }) =>
                  html`
                    <td class=${classOf(wide, isFirst)} data-property=${sort}>
                      ${value ? value(row) : html`<${Sparkline} values=${row.recent} name="Ready" />`}
                    </td>
                  `
                )}
              </tr>
            `
          )}
        </tbody>
      </table>
    </div>
  `;
}

function classOf(wide, isFirst) {
  return [wide && "wide", isFirst && "group"].filter(Boolean).join(" ");
}

function DeadLetters({ "dead-queue": deadQueue, "dead-letters": deadLetters }) {
  if (!deadLetters) return deadLetters === 0 ? "0" : "–";
  return html`<a href=${linkTo({ queue: deadQueue, side: "left" })}>${count(deadLetters)}</a>`;
}

function Heading({ heading, sort, first = "down", wide, isFirst, params, sorted }) {
  const opposite = { down: "up", up: "down" };
  const order = sorted ? opposite[sorted] : first;
  const ariaSort = sorted && (sorted === "up" ? "ascending" : "descending");
  return html`
    <th scope="col" class=${classOf(wide, isFirst)} aria-sort=${ariaSort || undefined}>
      ${sort
        ? html`<button class="plain" onClick=${() => goTo({ ...params, sort, order, from: undefined })}>
            ${heading}<span aria-hidden="true">${sorted ? (sorted === "up" ? " ▲" : " ▼") : ""}</span>
          </button>`
        : heading}
    </th>
  `;
}
