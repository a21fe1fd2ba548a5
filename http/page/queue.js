/**
 * The view of one queue.
 *
 * @module
 */
import { openFlushDialog, openMoveDialog, openPauseDialog, openPushDialog, openResumeDialog } from "./actions.js";
import { get, usePoll } from "./api.js";
import { Chart } from "./chart.js";
import { EventsTable } from "./events.js";
import { count, duration } from "./format.js";
import { goTo, linkTo } from "./location.js";
import { Name } from "./name.js";
import { html } from "./vendor.js";

const POLL_INTERVAL_MS = 1000;

const PROPERTIES = [
  ["ready", "Ready"],
  ["processing", "Processing"],
  ["delayed", "Delayed"],
  ["total", "Total"],
  ["consumers", "Consumers"],
  ["oldestMs", "Oldest", (ms) => ms ? duration(ms) : "–"],
  ["pushed", "Pushed"],
  ["acked", "Acknowledged"],
  ["redelivered", "Redelivered"],
  ["dead", "Dead-lettered"],
  ["expired", "Expired"],
];

const LEVELS = [
  { label: "ready", value: ({ ready }) => ready },
  { label: "processing", value: ({ processing }) => processing },
  { label: "delayed", value: ({ delayed }) => delayed },
];

const RATES = [
  { label: "pushed", value: perSecond("pushed") },
  { label: "acknowledged", value: perSecond("acked") },
  { label: "redelivered", value: perSecond("redelivered") },
];

function perSecond(name) {
  return (point, before) => {
    if (!before) return null;
    return Math.max(0, point[name] - before[name]) / Math.max(0.001, (point.at - before.at) / 1000);
  };
}

export function QueueView({ params, session, openDialog, showMessage }) {
  const { queue } = params;
  const { data, error } = usePoll("queue", { queue }, POLL_INTERVAL_MS);
  return html`
    <nav aria-label="Breadcrumb"><a href="#">All queues</a></nav>
    <h1 tabindex="-1" class="name"><${Name} bytes=${queue} />${data?.paused && html`
      <span class="badge">paused</span>
    `}</h1>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${data && html`
      <${Tools} queue=${queue} data=${data} session=${session} openDialog=${openDialog}
        showMessage=${showMessage} />
      <dl class="properties" aria-label="Status">
        ${PROPERTIES.map(([name, label, format = count]) =>
          html`
            <div>
              <dt>${label}</dt>
              <dd data-property=${name} data-value=${data[name]}>${format(data[name])}</dd>
            </div>
          `
        )}
      </dl>
      <div class="charts">
        <${Chart} title="Events" points=${data.history} series=${LEVELS} />
        <${Chart} title="Events per second, through this okq" points=${data.history} series=${RATES} />
      </div>
      <${PolicyLine} policy=${data.policy} />
      <${EventsTable} key=${params.state} params=${params} counts=${data} />
    `}
  `;
}

function Tools({ queue, data, session, openDialog, showMessage }) {
  const may = (role) => session.roles.includes(role);
  const peek = async () => {
    try {
      goTo({ queue, event: (await get("peek", { queue })).id });
    } catch (error) {
      showMessage({ text: error.message, failed: true });
    }
  };
  return html`
    <div class="tools" role="group" aria-label="Actions">
      <button onClick=${peek}>Peek at the next</button>
      ${may("produce") && html`<button onClick=${() => openPushDialog(openDialog, queue)}>Push an event</button>`}
      ${may("admin") && html`
        ${data.paused
          ? html`<button onClick=${() => openResumeDialog(openDialog, queue)}>Resume</button>`
          : html`<button onClick=${() => openPauseDialog(openDialog, queue)}>Pause</button>`}
        <button onClick=${() => openMoveDialog(openDialog, queue)}>${queue.endsWith(":dead")
          ? "Replay"
          : "Move"}</button>
        <button class="danger" onClick=${() => openFlushDialog(openDialog, queue, data.total)}>Flush</button>
      `}
    </div>
  `;
}

function PolicyLine({ policy }) {
  const { maxAttempts, deadQueue, backoffMs, backoffMaxMs, maxLength, leaseMs } = policy;
  return html`
    <p class="policy">
      ${maxAttempts === 0 ? "Unlimited attempts" : `At most ${count(maxAttempts)} attempts`},
      ${" "}${backoffMs === 0 ? "without backoff" : `backoff from ${duration(backoffMs)}`}
      ${backoffMaxMs > 0 && ` up to ${duration(backoffMaxMs)}`},
      ${" "}leases of ${duration(leaseMs)}${maxLength > 0 && `, at most ${count(maxLength)} events`}.
      ${" "}Dead letters: <a href=${linkTo({ queue: deadQueue })}><${Name} bytes=${deadQueue} /></a>
    </p>
  `;
}
