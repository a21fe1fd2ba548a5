/**
 * Timetables, of one queue and of all: when they push an event, and the dialogs that add, run and delete them.
 *
 * @module
 */
import { act, get, path, usePoll } from "./api.js";
import { display, fromDisplay, fromText } from "./bytes.js";
import { linkTo } from "./location.js";
import { Name, nameOf } from "./name.js";
import { Pages } from "./pages.js";
import { Since, timeIn, Until } from "./time.js";
import { html, useEffect, useState } from "./vendor.js";

const POLL_INTERVAL_MS = 2000;
const TIMETABLES_PER_PAGE = 50;
/** From the last key to the request for the next times. */
const TYPING_MS = 300;

export function TimetablesView({ params, ...tools }) {
  const from = Number(params.from) || 0;
  const { data, error } = usePoll("timetables", { from, count: TIMETABLES_PER_PAGE }, POLL_INTERVAL_MS);
  return html`
    <div class="heading">
      <h1 tabindex="-1">Timetables</h1>
      <${AddButton} tools=${tools} />
    </div>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${data?.found === 0 && html`<p>No queue has a timetable.</p>`}
    ${data?.timetables.length > 0 &&
      html`<${Table} timetables=${data.timetables} hasQueues=${true} tools=${tools} />`}
    ${data && html`<${Pages} params=${params} from=${from} found=${data.found} perPage=${TIMETABLES_PER_PAGE} />`}
  `;
}

export function QueueTimetables({ queue, tools }) {
  const { data, error } = usePoll(path`queues/${queue}/timetables`, {}, POLL_INTERVAL_MS);
  return html`
    <section aria-labelledby="timetables">
      <div class="heading">
        <h2 id="timetables">Timetables</h2>
        <${AddButton} queue=${queue} tools=${tools} />
      </div>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      ${data?.timetables.length === 0 && html`<p>The queue has no timetable.</p>`}
      ${data?.timetables.length > 0 && html`<${Table} timetables=${data.timetables} tools=${tools} />`}
    </section>
  `;
}

/** @param queue undefined to let the operator enter it */
function AddButton({ queue, tools: { session, openDialog } }) {
  if (!session.roles.includes("admin")) return null;
  return html`<button onClick=${() => openAddDialog(openDialog, queue)}>Add a timetable</button>`;
}

/** @param hasQueues they are of several */
function Table({ timetables, hasQueues, tools: { session, openDialog } }) {
  const isAdmin = session.roles.includes("admin");
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label="Table of timetables">
      <table>
        <thead>
          <tr>
            <th scope="col">Timetable</th>
            <th scope="col">Next</th>
            <th scope="col" class="wide">Last</th>
            ${isAdmin && html`<th scope="col">Actions</th>`}
          </tr>
        </thead>
        <tbody>
          ${timetables.map(({ queue, name, expression, zone, next, last }) =>
            html`
              <tr key=${JSON.stringify([queue, name])}>
                <th scope="row">
                  <${Name} bytes=${name} />
                  ${hasQueues && html`<small>of <a href=${linkTo({ queue })}><${Name} bytes=${queue} /></a></small>`}
                  <small>${expression} in ${zone}</small>
                </th>
                <td><${Until} time=${next} /></td>
                <td class="wide">${last === null ? "–" : html`<${Since} time=${last} />`}</td>
                ${isAdmin && html`
                  <td class="actions">
                    <button aria-label="Run now: ${display(name)}" onClick=${() =>
                      openRunDialog(openDialog, queue, name)}>Run now</button>
                    ${" "}<button class="danger" aria-label="Delete: ${display(name)}" onClick=${() =>
                      openDeleteDialog(openDialog, queue, name)}>Delete</button>
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

function openAddDialog(openDialog, queue) {
  openDialog({
    title: queue === undefined ? "Add a timetable" : `Add a timetable to ${nameOf(queue)}`,
    verb: "Add",
    fields: [
      ...queue === undefined ? [{ name: "queue", label: "Queue", required: true }] : [],
      { name: "name", label: "Name", hint: "Ids of its events are the name, @ and the time", required: true },
      {
        name: "expression",
        label: "Cron expression",
        value: "0 6 * * *",
        hint: "Minute, hour, day of the month, month, day of the week",
        required: true,
      },
      { name: "zone", label: "Time zone", value: "UTC", options: ["UTC", ...Intl.supportedValuesOf("timeZone")] },
      { name: "contents", label: "Contents of its events", kind: "area", hint: "Text, sent as UTF-8" },
    ],
    preview: ({ expression, zone }) => html`<${NextTimes} expression=${expression} zone=${zone} />`,
    run: async ({ queue: queueText, name: nameText, expression, zone, contents }) => {
      const [target, name] = [queue ?? fromDisplay(queueText), fromDisplay(nameText)];
      const { timetables } = await get(path`queues/${target}/timetables`);
      if (timetables.some((other) => other.name === name)) {
        throw new Error(`${nameOf(target)} has a timetable ${nameOf(name)} already: choose another name, or delete it`);
      }
      const json = { expression, zone: zone || "UTC", contents };
      await act("PUT", path`queues/${target}/timetables/${name}`, { json });
      return `Added the timetable ${nameOf(name)} to ${nameOf(target)}`;
    },
  });
}

/** The next times of what is being typed. */
function NextTimes({ expression, zone }) {
  const [asked, ask] = useState({ expression, zone });
  useEffect(() => {
    const timer = setTimeout(() => ask({ expression, zone }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [expression, zone]);
  const params = { expression: fromText(asked.expression), zone: fromText(asked.zone || "UTC") };
  const { data, error, fresh } = usePoll("timetables:next", params, 0);
  const problem = error ?? (data?.times.length === 0 ? "no such time is to come" : undefined);
  return html`
    <div role="status">
      ${fresh && problem && html`<p class="error">${problem}</p>`}
      ${fresh && !problem && data && html`
        <p>The next times:</p>
        <ol>${data.times.map((time) => html`<li>${timeIn(Date.parse(time), asked.zone)}</li>`)}</ol>
      `}
    </div>
  `;
}

function openRunDialog(openDialog, queue, name) {
  openDialog({
    title: `Run ${nameOf(name)} now?`,
    text: `Pushes its event to ${nameOf(queue)} at once. The times of the timetable stay as they are.`,
    verb: "Run now",
    run: async () => {
      const { id } = await act("POST", path`queues/${queue}/timetables/${name}:run`);
      return `Pushed ${nameOf(id)} to ${nameOf(queue)}`;
    },
  });
}

function openDeleteDialog(openDialog, queue, name) {
  openDialog({
    title: `Delete the timetable ${nameOf(name)} of ${nameOf(queue)}?`,
    text: "It pushes no further events. Those that it pushed stay.",
    verb: "Delete",
    danger: true,
    run: async () => {
      await act("DELETE", path`queues/${queue}/timetables/${name}`);
      return `Deleted the timetable ${nameOf(name)} of ${nameOf(queue)}`;
    },
  });
}
