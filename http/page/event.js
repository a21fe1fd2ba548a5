/**
 * The view of one event; a browser never executes its contents.
 *
 * @module
 */
import { openAckIdsDialog, openBuryDialog, openMoveIdsDialog, openNackDialog, openRetryNowDialog } from "./actions.js";
import { path, usePoll } from "./api.js";
import { displayHex, displayJson, displayText, toText } from "./bytes.js";
import { count, size } from "./format.js";
import { goTo, linkTo } from "./location.js";
import { Name } from "./name.js";
import { Ago, Ahead } from "./time.js";
import { html, useState } from "./vendor.js";

const POLL_INTERVAL_MS = 2000;

export function EventView({ params, session, openDialog }) {
  const { queue, event: id } = params;
  const { data, error } = usePoll(path`queues/${queue}/events/${id}`, { omit: "large" }, POLL_INTERVAL_MS);
  const { data: queueData } = usePoll(path`queues/${queue}`, {}, 0);
  const back = () => goTo({ queue });
  return html`
    <nav aria-label="Breadcrumb">
      <a href="#">All queues</a> / <a href=${linkTo({
        queue,
        state: data?.state === "done" ? undefined : data?.state,
      })}><${Name} bytes=${queue} /></a>
    </nav>
    <h1 tabindex="-1" class="name">
      <${Name} bytes=${id} />
    </h1>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${error && queueData && html`<${Elsewhere} queueData=${queueData} id=${id} />`}
    ${data && html`
      ${queueData && !error && data.state !== "done" && html`
        <${Tools} queueData=${queueData} event=${data} onDone=${back} session=${session} openDialog=${openDialog} />
      `}
      <${Details} event=${data} />
      ${data.state === "done"
        ? null
        : data.contents === null
        ? html`<${LargeContents} queue=${queue} id=${id} />`
        : html`<${Contents} queue=${queue} event=${data} />`}
    `}
  `;
}

/** They are left out of what is polled. Their beginning is read once. */
function LargeContents({ queue, id }) {
  const { data, error } = usePoll(path`queues/${queue}/events/${id}`, {}, 0);
  if (error) return html`<p class="error" role="alert">${error}</p>`;
  return data && html`<${Contents} queue=${queue} event=${data} />`;
}

/** Links to the queues where an event may be that its queue does not hold. */
function Elsewhere({ queueData: { "dead-queue": deadQueue, "dead-letters": deadLetters, origins }, id }) {
  const queues = deadLetters === null ? origins : [deadQueue, ...origins];
  if (queues.length === 0) return null;
  return html`
    <p>Look for it in ${queues.map((queue, i) =>
      html`${i > 0 && ", "}<a href=${linkTo({ queue, event: id })}><${Name} bytes=${queue} /></a>`
    )}</p>
  `;
}

function Tools({ queueData, event, onDone, session, openDialog }) {
  const { queue, origins, "dead-queue": deadQueue } = queueData;
  const may = (role) => session.roles.includes(role);
  const isDead = origins.length > 0;
  const isProcessing = event.state === "processing";
  const ids = [event.id];
  return html`
    <div class="tools" role="group" aria-label="Actions">
      ${event.state === "delayed" && may("consume") && html`
        <button onClick=${() => openRetryNowDialog(openDialog, queue, ids, onDone)}>Retry now</button>
      `}
      ${isDead && !isProcessing && may("admin") && html`
        <button onClick=${() => openMoveIdsDialog(openDialog, queue, ids, origins, onDone)}>Try again</button>
      `}
      ${isProcessing && may("consume") && html`
        <button onClick=${() => openNackDialog(openDialog, queue, event, onDone)}>Give back</button>
      `}
      ${!isDead && may("admin") && html`
        <button onClick=${() => openBuryDialog(openDialog, queue, event, deadQueue, onDone)}>To the dead queue</button>
      `}
      ${may("consume") && html`
        <button class="danger" onClick=${() =>
          openAckIdsDialog(openDialog, queue, ids, { isDead, isProcessing }, onDone)}>
          ${isDead ? "Drop" : "Acknowledge"}</button>
      `}
    </div>
  `;
}

function Details({ event }) {
  const { state, attempts, age, size: bytes, due, ttl, reason, group, meta } = event;
  if (state === "done") return html`<${Done} event=${event} />`;
  const rows = [
    ["State", state],
    group !== null && ["Group", html`<${Name} bytes=${group} />`],
    ["Attempts", count(attempts)],
    ["Age", html`<${Ago} seconds=${age} />`],
    ["Size", size(bytes)],
    state === "processing" && ["Lease ends in", html`<${Ahead} seconds=${due} />`],
    state === "delayed" && ["Ready in", html`<${Ahead} seconds=${due} />`],
    ttl !== null && ["Removed in", html`<${Ahead} seconds=${ttl} />`],
  ];
  return html`
    <dl class="properties" aria-label="Details">
      ${rows.filter(Boolean).map(([name, value]) =>
        html`
          <div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>
        `
      )}
      ${reason !== "" && html`
        <div class="reason">
          <dt>Last failure</dt>
          <dd>${displayText(reason)}</dd>
        </div>
      `}
      ${meta !== null && html`
        <div class="reason">
          <dt>Meta</dt>
          <dd>${displayText(meta)}</dd>
        </div>
      `}
    </dl>
  `;
}

/** Only the id of an acknowledged event is known. */
function Done({ event: { due } }) {
  return html`
    <dl class="properties" aria-label="Details">
      <div>
        <dt>State</dt>
        <dd>done</dd>
      </div>
      <div>
        <dt>Id is free in</dt>
        <dd>
          <${Ahead} seconds=${due} />
        </dd>
      </div>
    </dl>
  `;
}

function Contents({ queue, event }) {
  const { id, contents, size: bytes } = event;
  const isCut = contents.length < bytes;
  const { json, problem } = jsonOf(contents, isCut);
  const [selected, select] = useState();
  const format = selected ?? (json?.includes("\n") ? "JSON" : toText(contents, isCut) === undefined ? "Hex" : "Text");
  const shown = { Text: (bytes) => displayText(bytes, isCut), JSON: () => json, Hex: displayHex }[format](contents);
  return html`
    <section aria-labelledby="contents">
      <h2 id="contents">Contents</h2>
      <div class="tools" role="group" aria-label="Format">
        ${["Text", "JSON", "Hex"].map((name) =>
          html`
            <button aria-pressed=${String(name === format)} disabled=${name === "JSON" && problem !== undefined}
              aria-describedby=${name === "JSON" && problem ? "json-problem" : undefined}
              onClick=${() => select(name)}>${name}</button>
          `
        )}
        <a href=${path`queues/${queue}/events/${id}/contents`} download="event.bin">Save as a file</a>
      </div>
      ${problem && html`<p id="json-problem"><small>Not offered as JSON: ${problem}</small></p>`}
      ${isCut && html`<p>The first ${size(contents.length)} of ${size(bytes)}:</p>`}
      <pre class=${format === "Hex" &&
        "hex"} tabindex="0" role="region" aria-label="Contents of the event">${shown}</pre>
    </section>
  `;
}

/** Indented JSON, or the problem why there is none. */
function jsonOf(contents, isCut) {
  if (isCut) return { problem: `too large, only the first ${size(contents.length)} are here` };
  try {
    return { json: displayJson(contents) };
  } catch (error) {
    return { problem: error instanceof SyntaxError ? `not JSON (${error.message})` : error.message };
  }
}
