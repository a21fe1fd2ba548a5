/**
 * All queues: searched, sorted and paged by okq.
 *
 * @module
 */
import { askPush } from "./actions.js";
import { useLook } from "./api.js";
import { ofText, shown, textOf } from "./bytes.js";
import { about, count, many, rate } from "./format.js";
import { html } from "./vendor.js";
import { goTo, linkTo } from "./location.js";
import { Spark } from "./sparkline.js";

/** Pause between two looks, in milliseconds. */
const LOOK_MS = 2000;
/** Queues on a page. */
const ROWS = 50;

/** Name, heading, what is shown; `wide` ones are left out on a phone. */
const COLUMNS = [
  { sort: "queue", heading: "Queue", first: "up" },
  { sort: "ready", heading: "Ready", figure: ({ ready }) => count(ready) },
  { heading: "Trend" },
  { sort: "processing", heading: "Processing", figure: ({ processing }) => count(processing), wide: true },
  { sort: "delayed", heading: "Delayed", figure: ({ delayed }) => count(delayed), wide: true },
  { sort: "oldestMs", heading: "Oldest", figure: ({ oldestMs }) => oldestMs ? about(oldestMs) : "–" },
  { sort: "consumers", heading: "Consumers", figure: ({ consumers }) => count(consumers), wide: true },
  { heading: "In / s", figure: ({ pushedPerSecond }) => rate(pushedPerSecond), wide: true },
  { heading: "Out / s", figure: ({ ackedPerSecond }) => rate(ackedPerSecond), wide: true },
  { sort: "redelivered", heading: "Redelivered", figure: ({ redelivered }) => count(redelivered), wide: true },
];

/** The table of queues. */
export function QueuesView({ place, me, ask }) {
  const { search = "", sort = "ready", order = "down" } = place;
  const from = Number(place.from) || 0;
  const { data, error } = useLook("queues", { search, sort, order, from, count: ROWS }, LOOK_MS);
  const searchFor = ({ target }) => goTo({ ...place, search: ofText(target.value), from: undefined }, true);
  return html`
    <div class="heading">
      <h1 tabindex="-1">Queues</h1>
      ${me.roles.includes("produce") && html`<button onClick=${() => askPush(ask)}>Push an event</button>`}
    </div>
    <form role="search" onSubmit=${(event) => event.preventDefault()}>
      <label for="search">Search by name</label>
      <input id="search" type="search" defaultValue=${textOf(search) ?? ""} onInput=${searchFor} autocomplete="off"
        spellcheck="false" />
    </form>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${data && html`
      <p class="sums">
        ${search === "" ? many(data.all, "queue") : `${count(data.found)} of ${many(data.all, "queue")}`}:
        ${" "}${count(data.sums.ready)} ready, ${count(data.sums.processing)} being processed,
        ${" "}${count(data.sums.delayed)} delayed
      </p>
      ${data.queues.length > 0 && html`<${Table} queues=${data.queues} place=${place} sort=${sort} order=${order} />`}
      ${data.all === 0 && html`<p>No queue holds an event or has a consumer.</p>`}
      <${Pages} place=${place} from=${from} found=${data.found} />
    `}
  `;
}

function Table({ queues, place, sort, order }) {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Table of queues">
      <table>
        <thead>
          <tr>
          ${COLUMNS.map((column) =>
            html`<${Heading} ...${column} place=${place} sorted=${column.sort === sort && order} />`
          )}
        </tr>
        </thead>
        <tbody>
          ${queues.map((row) =>
            html`
              <tr key=${row.queue}>
                <th scope="row">
                  <a href=${linkTo({ queue: row.queue })}>${shown(row.queue)}</a>
                  ${row.paused && html`
                    <span class="badge">paused</span>
                  `}
                </th>
                ${COLUMNS.slice(1).map(({ sort, figure, wide }) =>
                  html`
                    <td class=${wide ? "wide" : ""} data-figure=${sort}>
                      ${figure ? figure(row) : html`<${Spark} numbers=${row.recent} of="Ready" />`}
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

function Heading({ heading, sort, first = "down", wide, place, sorted }) {
  const other = { down: "up", up: "down" };
  const order = sorted ? other[sorted] : first;
  const said = sorted && (sorted === "up" ? "ascending" : "descending");
  return html`
    <th scope="col" class=${wide ? "wide" : ""} aria-sort=${said || undefined}>
      ${sort
        ? html`<button class="plain" onClick=${() => goTo({ ...place, sort, order, from: undefined })}>
            ${heading}<span aria-hidden="true">${sorted ? (sorted === "up" ? " ▲" : " ▼") : ""}</span>
          </button>`
        : heading}
    </th>
  `;
}

function Pages({ place, from, found }) {
  if (found <= ROWS && from === 0) return null;
  const last = Math.min(from + ROWS, found);
  return html`
    <nav class="tools" aria-label="Pages">
      <button disabled=${from === 0} onClick=${() => goTo({ ...place, from: Math.max(0, from - ROWS) })}>Before</button>
      <span>${count(Math.min(from + 1, found))} to ${count(last)} of ${count(found)}</span>
      <button disabled=${last >= found} onClick=${() => goTo({ ...place, from: from + ROWS })}>Next</button>
    </nav>
  `;
}
