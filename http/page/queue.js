/**
 * The view of one queue.
 *
 * @module
 */
import { openFlushDialog, openMoveDialog, openPauseDialog, openPushDialog, openResumeDialog } from "./actions.js";
import { get, path, usePoll } from "./api.js";
import { Chart } from "./chart.js";
import { Consumers } from "./consumers.js";
import { Origins } from "./dead_letters.js";
import { EventsTable } from "./events.js";
import { count, rate } from "./format.js";
import { goTo, linkTo } from "./location.js";
import { Name } from "./name.js";
import { Policy } from "./policy.js";
import { Ago, zone } from "./time.js";
import { QueueTimetables } from "./timetables.js";
import { html } from "./vendor.js";

const POLL_INTERVAL_MS = 1000;

/** Path, label, and how a value is shown. */
const GROUPS = [
  {
    heading: "Now",
    properties: [
      ["ready", "Ready", count],
      ["processing", "Processing", count],
      ["delayed", "Delayed", count],
      ["blocked", "Blocked", count],
      ["total", "Total", count],
      ["consumers", "Consumers", count],
      ["oldest", "Oldest", (seconds) => seconds ? html`<${Ago} seconds=${seconds} />` : "–"],
    ],
  },
  {
    heading: "Per second, through this okq",
    properties: [
      ["rates.pushed", "Pushed", rate],
      ["rates.acked", "Acknowledged", rate],
      ["rates.redelivered", "Redelivered", rate],
    ],
  },
  {
    heading: "Since this okq started, through it",
    properties: [
      ["pushed", "Pushed", count],
      ["acked", "Acknowledged", count],
      ["redelivered", "Redelivered", count],
      ["dead", "Dead-lettered", count],
      ["expired", "Expired", count],
    ],
  },
];

function at(data, path) {
  return path.split(".").reduce((part, name) => part[name], data);
}

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

export function QueueView({ params, trail, ...tools }) {
  const { queue } = params;
  const { data, error } = usePoll(path`queues/${queue}`, { history: true }, POLL_INTERVAL_MS);
  return html`
    <nav aria-label="Breadcrumb"><a href="#">All queues</a></nav>
    <h1 tabindex="-1" class="name"><${Name} bytes=${queue} />${data?.paused && html`
      <span class="badge">paused</span>
    `}${data?.limited && html`
      <span class="badge">limited</span>
    `}</h1>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${data && html`
      <${Origins} origins=${data.origins} />
      <${Tools} queue=${queue} data=${data} ...${tools} />
      ${data.exists ? html`<${Existing} params=${params} trail=${trail} data=${data} tools=${tools} />` : html`
        <p role="alert">
          There is no queue of this name: it holds no event and has no consumer, policy or pause. The first push makes
          it.
        </p>
        <${Policy} queue=${queue} data=${data} tools=${tools} />
        <${QueueTimetables} queue=${queue} tools=${tools} />
      `}
    `}
  `;
}

function Existing({ params, trail, data, tools }) {
  const { queue } = params;
  const history = data.history.map((point) => ({ ...point, at: Date.parse(point.at) }));
  return html`
    <div class="groups">
      ${GROUPS.map(({ heading, properties }) =>
        html`
          <section>
            <h2>${heading}</h2>
            <dl class="properties" aria-label=${heading}>
              ${properties.map(([name, label, format]) =>
                html`
                  <div>
                    <dt>${label}</dt>
                    <dd data-property=${name} data-value=${at(data, name)}>${format(at(data, name))}</dd>
                  </div>
                `
              )}
              ${heading === "Now" && data["dead-letters"] !== null && html`
                <div>
                  <dt>Dead letters</dt>
                  <dd><a href=${linkTo({ queue: data["dead-queue"], side: "left" })}>${count(
                    data["dead-letters"],
                  )}</a></dd>
                </div>
              `}
            </dl>
          </section>
        `
      )}
    </div>
    <div class="charts">
      <${Chart} title="Events, at times in ${zone()}" points=${history} series=${LEVELS} />
      <${Chart} title="Events per second, through this okq" points=${history} series=${RATES} />
    </div>
    <${Policy} queue=${queue} data=${data} tools=${tools} />
    <${QueueTimetables} queue=${queue} tools=${tools} />
    ${tools.session.roles.includes("admin") && html`
      <${Consumers} queue=${queue} total=${data.consumers} session=${tools.session} />
    `}
    <${EventsTable} key=${params.state} params=${params} trail=${trail} data=${data} tools=${tools} />
  `;
}

function Tools({ queue, data, session, openDialog, showMessage }) {
  const may = (role) => session.roles.includes(role);
  const isDead = data.origins.length > 0;
  const peek = async () => {
    try {
      const { events: [next] } = await get(path`queues/${queue}/events`, { state: "ready", count: 1 });
      if (next) goTo({ queue, event: next.id });
      else showMessage({ text: "No event is ready", failed: true });
    } catch (error) {
      showMessage({ text: error.message, failed: true });
    }
  };
  return html`
    <div class="tools" role="group" aria-label="Actions">
      ${data.exists && html`<button onClick=${peek}>Peek at the next</button>`}
      ${may("produce") && html`<button onClick=${() => openPushDialog(openDialog, queue)}>Push an event</button>`}
      ${may("admin") && data.exists && html`
        ${data.paused
          ? html`<button onClick=${() => openResumeDialog(openDialog, queue)}>Resume</button>`
          : html`<button onClick=${() => openPauseDialog(openDialog, queue)}>Pause</button>`}
        ${!isDead && html`
          <button onClick=${() => openMoveDialog(openDialog, queue, data.ready + data.blocked)}>Move</button>
          <button class="danger" onClick=${() => openFlushDialog(openDialog, queue, data.total)}>Flush</button>
        `}
      `}
    </div>
  `;
}
