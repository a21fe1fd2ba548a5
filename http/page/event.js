/**
 * One event: all that is known of it, and its contents as text, JSON or numbers, but never as anything that a browser
 * would act upon.
 *
 * @module
 */
import { askAck, askBury, askNack } from "./actions.js";
import { useLook } from "./api.js";
import { shown, shownHex, shownJson, shownLines, textOf } from "./bytes.js";
import { count, size, time } from "./format.js";
import { html, useState } from "./vendor.js";
import { goTo, linkTo } from "./location.js";

/** Pause between two looks, in milliseconds. */
const LOOK_MS = 2000;

/** An event of a queue. */
export function EventView({ place, me, ask }) {
  const { queue, event: id } = place;
  const { data, error } = useLook("event", { queue, id }, LOOK_MS);
  const { data: whole } = useLook("queue", { queue }, 0);
  const back = () => goTo({ queue });
  return html`
    <nav aria-label="Way back">
      <a href="#">All queues</a> / <a href=${linkTo({ queue, state: data?.state })}>${shown(queue)}</a>
    </nav>
    <h1 tabindex="-1" class="name">${shown(id)}</h1>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${data && html`
      ${whole && !error &&
        html`<${Tools} queue=${queue} event=${data} dead=${whole.policy.deadQueue} back=${back} me=${me} ask=${ask} />`}
      <${Details} event=${data} />
      <${Contents} queue=${queue} event=${data} />
    `}
  `;
}

function Tools({ queue, event, dead, back, me, ask }) {
  const may = (role) => me.roles.includes(role);
  return html`
    <div class="tools" role="group" aria-label="Actions">
      ${may("consume") && event.state === "processing" && html`
        <button onClick=${() => askNack(ask, queue, event, back)}>Give back</button>
      `}
      ${may("admin") && queue !== dead && html`
        <button onClick=${() => askBury(ask, queue, event, dead, back)}>To the dead queue</button>
      `}
      ${may("consume") && html`
        <button class="danger" onClick=${() => askAck(ask, queue, event, back)}>Acknowledge</button>
      `}
    </div>
  `;
}

function Details({ event }) {
  const { state, attempts, ageMs, size: bytes, dueMs, expiresMs, reason } = event;
  const rows = [
    ["State", state],
    ["Attempts", count(attempts)],
    ["Age", time(ageMs)],
    ["Size", size(bytes)],
    state === "processing" && ["Lease ends in", time(dueMs)],
    state === "delayed" && ["Ready in", time(dueMs)],
    expiresMs !== null && ["Removed in", time(expiresMs)],
    reason !== "" && ["Why it failed last", shown(reason)],
  ];
  return html`
    <dl class="figures" aria-label="Details">
      ${rows.filter(Boolean).map(([name, value]) =>
        html`
          <div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>
        `
      )}
    </dl>
  `;
}

function Contents({ queue, event }) {
  const { id, contents, size: bytes } = event;
  const json = shownJson(contents);
  const [chosen, choose] = useState();
  const kind = chosen ?? (json?.includes("\n") ? "JSON" : textOf(contents) === undefined ? "Hex" : "Text");
  const text = { Text: shownLines, JSON: () => json, Hex: shownHex }[kind](contents);
  const file = `api/contents?${new URLSearchParams({ queue, id })}`;
  return html`
    <section aria-labelledby="contents">
      <h2 id="contents">Contents</h2>
      <div class="tools" role="group" aria-label="Show as">
        ${["Text", "JSON", "Hex"].map((one) =>
          html`
            <button aria-pressed=${String(one === kind)} disabled=${one === "JSON" && json === undefined}
              onClick=${() => choose(one)}>${one}</button>
          `
        )}
        <a href=${file} download="event.bin">Save as a file</a>
      </div>
      ${contents.length < bytes && html`<p>The first ${size(contents.length)} of ${size(bytes)}:</p>`}
      <pre tabindex="0" role="region" aria-label="Contents of the event">${text}</pre>
    </section>
  `;
}
