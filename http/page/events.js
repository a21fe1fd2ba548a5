/**
 * The table of a queue's events in one state, page by page from either end, and what can be done with those ticked and
 * with dead letters.
 *
 * @module
 */
import {
  openAckIdsDialog,
  openDropAllDialog,
  openMoveIdsDialog,
  openRetryAllDialog,
  openRetryNowDialog,
} from "./actions.js";
import { path, usePoll } from "./api.js";
import { display, displayText, fromDisplay, fromTyped, toText } from "./bytes.js";
import { count, size } from "./format.js";
import { goTo, linkTo } from "./location.js";
import { Name } from "./name.js";
import { Ago, Ahead } from "./time.js";
import { html, useEffect, useState } from "./vendor.js";

const POLL_INTERVAL_MS = 2000;
const EVENTS_PER_PAGE = 50;
/** Of a glimpse. */
const MAX_CHARACTERS = 120;
/** okq cuts reasons and meta in lists to this many. */
const CUT_BYTES = 256;

const STATES = ["ready", "processing", "delayed", "blocked"];
const DUE_HEADINGS = { ready: "", processing: "Lease ends in", delayed: "Ready in", blocked: "" };

/** @param data the queue */
export function EventsTable({ params, trail, data: queueData, tools }) {
  const { queue, state = "ready", side, match = "", cursor = "0" } = params;
  const [ticked, setTicked] = useState([]);
  const query = { state, cursor, from: side ?? "right", count: EVENTS_PER_PAGE };
  if (match !== "") query.match = patternOf(match);
  const { data, error, fresh } = usePoll(path`queues/${queue}/events`, query, POLL_INTERVAL_MS);
  useEffect(() => setTicked([]), [state, side, match, cursor]);
  const { roles } = tools.session;
  const mayTick = roles.includes("consume") || roles.includes("admin") && state !== "processing";
  const shown = data && fresh ? data.events.map(({ id }) => id) : [];
  const first = () => goTo({ ...params, cursor: undefined }, false);
  return html`
    <section aria-labelledby="events">
      <h2 id="events">Events</h2>
      <${Find} queue=${queue} showMessage=${tools.showMessage} />
      <div class="tools">
        <div class="tools" role="group" aria-label="State">
          ${STATES.map((name) =>
            html`
              <button aria-pressed=${String(name === state)} onClick=${() => goTo({ queue, state: name, match }, true)}>
                ${name} <span class="number">${count(queueData[name])}</span>
              </button>
            `
          )}
        </div>
        ${state === "ready" && html`<${Order} params=${params} />`}
        <${Filter} params=${params} />
      </div>
      <div class="tools">
        ${mayTick && html`
          <${TickedTools} queue=${queue} state=${state} data=${queueData} tools=${tools}
            ids=${ticked.filter((id) => shown.includes(id))} onDone=${() => setTicked([])} />
        `}
        ${queueData.origins.length > 0 && html`
          <${DeadLetterTools} queue=${queue} data=${queueData} tools=${tools} />
        `}
      </div>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      ${data && fresh &&
        (data.events.length > 0
          ? html`
            <${Rows} queue=${queue} state=${state} events=${data.events} ticked=${mayTick && ticked}
              onTick=${setTicked} />
          `
          : html`<p>${noEvents(data.cursor, params)}</p>`)}
      ${data && (cursor !== "0" || data.cursor !== "0") && html`
        <nav class="tools" aria-label="Pages">
          <button disabled=${cursor === "0"} onClick=${first}>First page</button>
          <button disabled=${trail.length === 0} onClick=${() =>
            goTo({ ...params, cursor: trail.at(-1) === "0" ? undefined : trail.at(-1) }, false, trail.slice(0, -1))}
          >Previous page</button>
          <button disabled=${!fresh || data.cursor === "0"} onClick=${() =>
            goTo({ ...params, cursor: data.cursor }, false, [...trail, cursor])}>Next page</button>
        </nav>
      `}
    </section>
  `;
}

/** Shows only events whose ids contain a text, or match a glob pattern. */
function Filter({ params: { queue, state, side, match = "" } }) {
  const filter = ({ target }) => goTo({ queue, state, side, match: fromTyped(target.value) }, true);
  return html`
    <form role="search" onSubmit=${(event) => event.preventDefault()}>
      <label for="filter">Filter by id</label>
      <input id="filter" type="search" defaultValue=${toText(match) ?? display(match)} onInput=${filter}
        autocomplete="off" spellcheck="false" aria-describedby="filter-hint" />
      <small id="filter-hint">A part of the id, or a pattern with * and ?</small>
    </form>
  `;
}

function patternOf(match) {
  return /[*?]|\[.*\]/s.test(match) ? match : `*${match.replaceAll(/[\\[]/g, "\\$&")}*`;
}

/** @param next cursor of the next page */
function noEvents(next, { state = "ready", match = "", cursor = "0" }) {
  if (match !== "") return `No ${state} event ${next === "0" ? "" : "up to here "}has such an id.`;
  return `No ${cursor === "0" ? "" : "more "}${state} events.`;
}

/** Leads to an event by its id, whatever its state. */
function Find({ queue, showMessage }) {
  const find = (event) => {
    event.preventDefault();
    const text = new FormData(event.target).get("id");
    try {
      if (text !== "") goTo({ queue, event: fromDisplay(text) });
    } catch (error) {
      showMessage({ text: error.message, failed: true });
    }
  };
  return html`
    <form role="search" onSubmit=${find}>
      <label for="find">Find an event by its id</label>
      <input id="find" name="id" autocomplete="off" spellcheck="false" />
      <button>Find</button>
    </form>
  `;
}

function Order({ params }) {
  const { side } = params;
  return html`
    <div class="tools" role="group" aria-label="Order">
      ${[["Next to be popped first", undefined], ["Newest first", "left"]].map(([label, value]) =>
        html`
          <button aria-pressed=${String(side === value)} onClick=${() =>
            goTo({ ...params, side: value, cursor: undefined }, true)}>
            ${label}</button>
        `
      )}
    </div>
  `;
}

/** @param ids of the events that are ticked and shown */
function TickedTools({ queue, state, data: { origins }, ids, tools: { session, openDialog }, onDone }) {
  const isDead = origins.length > 0;
  const isProcessing = state === "processing";
  const may = (role) => session.roles.includes(role);
  const number = count(ids.length);
  const button = (label, open, kind) =>
    html`
      <button class=${kind} disabled=${ids.length === 0} onClick=${open}>${label}</button>
    `;
  return html`
    <div class="tools" role="group" aria-label="Ticked events">
      ${state === "delayed" && may("consume") &&
        button(`Retry ${number} ticked now`, () => openRetryNowDialog(openDialog, queue, ids, onDone))}
      ${!isProcessing && may("admin") &&
        button(
          isDead ? `Try ${number} ticked again` : `Move ${number} ticked`,
          () => openMoveIdsDialog(openDialog, queue, ids, origins, onDone),
        )}
      ${may("consume") &&
        button(
          `${isDead ? "Drop" : "Acknowledge"} ${number} ticked`,
          () => openAckIdsDialog(openDialog, queue, ids, { isDead, isProcessing }, onDone),
          "danger",
        )}
    </div>
  `;
}

function DeadLetterTools({ queue, data: { origins, ready }, tools: { session, openDialog } }) {
  const may = (role) => session.roles.includes(role);
  return html`
    <div class="tools" role="group" aria-label="Dead letters">
      ${may("admin") && html`
        <button disabled=${ready === 0} onClick=${() =>
          openRetryAllDialog(openDialog, queue, origins, ready)}>Try all again</button>
      `}
      ${may("consume") && html`
        <button class="danger" disabled=${ready === 0} onClick=${() =>
          openDropAllDialog(openDialog, queue, ready)}>Drop all</button>
      `}
    </div>
  `;
}

/** @param ticked ids, or false if events cannot be ticked */
function Rows({ queue, state, events, ticked, onTick }) {
  const dueHeading = DUE_HEADINGS[state];
  const all = events.map(({ id }) => id);
  const tick = (id) => onTick(ticked.includes(id) ? ticked.filter((other) => other !== id) : [...ticked, id]);
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Table of events">
      <table>
        <thead>
          <tr>
          ${ticked && html`<th scope="col" class="tick"><input type="checkbox" aria-label="Tick all of this page"
            checked=${all.every((id) => ticked.includes(id))}
            onChange=${({ target }) => onTick(target.checked ? all : [])} /></th>`}
          <th scope="col" class="text">Event</th>
          <th scope="col">Attempts</th>
          <th scope="col" class=${dueHeading && "wide"}>Age</th>
          <th scope="col" class="wide">Size</th>
          ${dueHeading && html`<th scope="col">${dueHeading}</th>`}
        </tr>
        </thead>
        <tbody>
          ${events.map((event) =>
            html`
              <tr key=${event.id}>
                ${ticked && html`<td class="tick"><input type="checkbox" checked=${ticked.includes(event.id)}
                  aria-label=${display(event.id)} onChange=${() => tick(event.id)} /></td>`}
                <th scope="row">
                  <a href=${linkTo({ queue, event: event.id })}><${Name} bytes=${event.id} /></a>
                  <${EventGlimpse} event=${event} />
                </th>
                <td>${count(event.attempts)}</td>
                <td class=${dueHeading && "wide"}><${Ago} seconds=${event.age} /></td>
                <td class="wide">${size(event.size)}</td>
                ${dueHeading && html`
                  <td>
                    <${Ahead} seconds=${event.due} />
                  </td>
                `}
              </tr>
            `
          )}
        </tbody>
      </table>
    </div>
  `;
}

/** The beginning of an event's contents and of the reason of its last failure, and what was pushed with it. */
export function EventGlimpse({ event: { contents, size: bytes, reason, group, meta } }) {
  const isText = toText(contents, contents.length < bytes) !== undefined;
  const what = contents === "" && bytes > 0
    ? size(bytes)
    : isText
    ? glimpse(contents, bytes)
    : `${size(bytes)}, not text`;
  return html`
    <span class="glimpse">${what}</span>
    ${group && html`<span class="glimpse">Group: <${Name} bytes=${group} /></span>`}
    ${meta && html`<span class="glimpse">Meta: ${glimpse(meta, meta.length === CUT_BYTES ? Infinity : 0)}</span>`}
    ${reason !== "" &&
      html`<span class="glimpse error">${glimpse(reason, reason.length === CUT_BYTES ? Infinity : 0)}</span>`}
  `;
}

/** In one line. @param bytes of the whole, which may be longer */
function glimpse(start, bytes) {
  const line = displayText(start, start.length < bytes).replaceAll(/\s+/g, " ").trim();
  const characters = Array.from(line);
  const isWhole = characters.length <= MAX_CHARACTERS && start.length >= bytes;
  return isWhole ? line : `${characters.slice(0, MAX_CHARACTERS).join("")}…`;
}
