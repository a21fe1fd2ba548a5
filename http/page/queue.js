/**
 * One queue: its figures, its last minutes, what can be done to it, and its events.
 *
 * @module
 */
import { askFlush, askMove, askPause, askPush, askResume } from "./actions.js";
import { look, useLook } from "./api.js";
import { shown } from "./bytes.js";
import { Chart } from "./chart.js";
import { EventsTable } from "./events.js";
import { count, time } from "./format.js";
import { html } from "./vendor.js";
import { goTo, linkTo } from "./location.js";

/** Pause between two looks, in milliseconds. */
const LOOK_MS = 1000;

/** As QSTATS has them. */
const FIGURES = [
  ["ready", "Ready"],
  ["processing", "Processing"],
  ["delayed", "Delayed"],
  ["total", "Total"],
  ["consumers", "Consumers"],
  ["oldestMs", "Oldest", (ms) => ms ? time(ms) : "–"],
  ["pushed", "Pushed"],
  ["acked", "Acknowledged"],
  ["redelivered", "Redelivered"],
  ["dead", "Died"],
  ["expired", "Expired"],
];

const HELD = [
  { label: "ready", figure: ({ ready }) => ready },
  { label: "processing", figure: ({ processing }) => processing },
  { label: "delayed", figure: ({ delayed }) => delayed },
];

const FLOWS = [
  { label: "pushed", figure: perSecond("pushed") },
  { label: "acknowledged", figure: perSecond("acked") },
  { label: "redelivered", figure: perSecond("redelivered") },
];

function perSecond(name) {
  return (point, before) => {
    if (!before) return null;
    return Math.max(0, point[name] - before[name]) / Math.max(0.001, (point.at - before.at) / 1000);
  };
}

/** A queue. */
export function QueueView({ place, me, ask, say }) {
  const { queue } = place;
  const { data, error } = useLook("queue", { queue }, LOOK_MS);
  return html`
    <nav aria-label="Way back"><a href="#">All queues</a></nav>
    <h1 tabindex="-1" class="name">${shown(queue)}${data?.paused && html`
      <span class="badge">paused</span>
    `}</h1>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${data && html`
      <${Tools} queue=${queue} data=${data} me=${me} ask=${ask} say=${say} />
      <dl class="figures" aria-label="Figures">
        ${FIGURES.map(([name, label, show = count]) =>
          html`
            <div>
              <dt>${label}</dt>
              <dd data-figure=${name} data-value=${data[name]}>${show(data[name])}</dd>
            </div>
          `
        )}
      </dl>
      <div class="charts">
        <${Chart} title="Events" points=${data.history} series=${HELD} />
        <${Chart} title="Events per second, through this okq" points=${data.history} series=${FLOWS} />
      </div>
      <${PolicyLine} policy=${data.policy} />
      <${EventsTable} key=${place.state} place=${place} figures=${data} />
    `}
  `;
}

function Tools({ queue, data, me, ask, say }) {
  const may = (role) => me.roles.includes(role);
  const peek = async () => {
    try {
      goTo({ queue, event: (await look("peek", { queue })).id });
    } catch (error) {
      say({ text: error.message, failed: true });
    }
  };
  return html`
    <div class="tools" role="group" aria-label="Actions">
      <button onClick=${peek}>Peek at the next</button>
      ${may("produce") && html`<button onClick=${() => askPush(ask, queue)}>Push an event</button>`}
      ${may("admin") && html`
        ${data.paused
          ? html`<button onClick=${() => askResume(ask, queue)}>Resume</button>`
          : html`<button onClick=${() => askPause(ask, queue)}>Pause</button>`}
        <button onClick=${() => askMove(ask, queue)}>${queue.endsWith(":dead") ? "Replay" : "Move"}</button>
        <button class="danger" onClick=${() => askFlush(ask, queue, data.total)}>Flush</button>
      `}
    </div>
  `;
}

function PolicyLine({ policy }) {
  const { maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs } = policy;
  return html`
    <p class="policy">
      ${maxAttempts === 0 ? "Any number of attempts" : `At most ${count(maxAttempts)} attempts`},
      ${" "}${backoffMs === 0 ? "without backoff" : `backoff from ${time(backoffMs)}`}
      ${backoffMaxMs > 0 && ` up to ${time(backoffMaxMs)}`},
      ${" "}leases of ${time(leaseMs)}${maxLength > 0 && `, at most ${count(maxLength)} events`}.
      ${" "}Dead letters: <a href=${linkTo({ queue: deadQueue })}>${shown(deadQueue)}</a>
    </p>
  `;
}
