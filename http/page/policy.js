/**
 * The policy of a queue: shown, and edited in a dialog that shows what changes before it is saved, and whether another
 * changed it meanwhile.
 *
 * @module
 */
import { act, get, path } from "./api.js";
import { display, fromDisplay, toJson } from "./bytes.js";
import { count } from "./format.js";
import { linkTo } from "./location.js";
import { Name, nameOf } from "./name.js";
import { html } from "./vendor.js";

/** As they are set: not rounded. */
const decimal = (number) => number.toLocaleString("en", { maximumFractionDigits: 5 });
const seconds = (value) => `${decimal(value)} s`;

/** @param none what 0 means, or undefined if it is not allowed */
function number(name, label, edit, none, hint, { fallback = 0, show = count } = {}) {
  return {
    name,
    label,
    edit,
    kind: "number",
    hint: `${hint}${hint ? "; " : ""}${hint ? "empty" : "Empty"}: ${none ?? fallback}`,
    show: (value) => value === 0 && none ? none : show(value),
    read: (text) => text === "" ? fallback : Number(text),
    toInput: (value) => value === 0 ? "" : `${value}`,
  };
}

function duration(name, label, edit, none, hint, fallback = 0) {
  return number(name, label, edit, none, hint, { fallback, show: seconds });
}

/** How each field is shown, edited and read. */
const FIELDS = [
  number("max-attempts", "Attempts", "Attempts before an event is dead", "no limit", ""),
  {
    name: "dead-queue",
    label: "Dead queue",
    edit: "Dead queue",
    show: (value, queue) => nameOf(value ?? `${queue}:dead`),
    read: (text) => text === "" ? null : fromDisplay(text),
    toInput: (value) => value === null ? "" : display(value),
  },
  duration("backoff", "Backoff", "Backoff in seconds", "none", "Before the second attempt, doubled with each"),
  duration("backoff-max", "Longest backoff", "Longest backoff in seconds", "no limit", ""),
  number("max-length", "Most events", "Most events", "no limit", "Further pushes are refused"),
  duration("lease", "Lease", "Lease in seconds", undefined, "Of consumers that do not ask for another", 30),
  number("group-limit", "Limit of a group", "Limit of a group", undefined, "Its events that are ready or processing", {
    fallback: 1,
  }),
  duration(
    "remember",
    "Ids stay taken",
    "Time for which ids stay taken, in seconds",
    "not at all",
    "Once acknowledged",
  ),
  number("max-processing", "Limit of processing", "Limit of processing events", "no limit", "No more are delivered"),
  number("rate", "Deliveries", "Deliveries per second", "no limit", "Decimals are allowed", {
    show: (value) => `${decimal(value)} per second`,
  }),
];

/** @param data the queue */
export function Policy({ queue, data: { policy, "dead-queue": deadQueue, origins }, tools: { session, openDialog } }) {
  const isUsed = policy["max-attempts"] > 0 || policy["dead-queue"] !== null || origins.length === 0;
  const shown = ({ name, show }) => {
    if (name !== "dead-queue") return show(policy[name]);
    return isUsed ? html`<a href=${linkTo({ queue: deadQueue })}><${Name} bytes=${deadQueue} /></a>` : "none";
  };
  return html`
    <section aria-labelledby="policy">
      <div class="heading">
        <h2 id="policy">Policy</h2>
        ${session.roles.includes("admin") && html`
          <button onClick=${() => openPolicyDialog(openDialog, queue, policy)}>Edit the policy</button>
        `}
      </div>
      <dl class="properties small" aria-label="Policy">
        ${FIELDS.map((field) =>
          html`
            <div>
              <dt>${field.label}</dt>
              <dd>${shown(field)}</dd>
            </div>
          `
        )}
      </dl>
    </section>
  `;
}

/** Saves only what the operator changed. @param policy when the dialog was opened */
function openPolicyDialog(openDialog, queue, policy) {
  let known = policy;
  const changed = (values) =>
    FIELDS.map((field) => ({ ...field, to: field.read(values[field.name]) }))
      .filter(({ name, to }) => to !== known[name]);
  openDialog({
    title: `Policy of ${nameOf(queue)}`,
    verb: "Save",
    fields: () =>
      FIELDS.map(({ name, edit, kind, hint, toInput }) => ({
        name,
        label: edit,
        kind,
        hint: hint ?? `Empty: ${nameOf(`${queue}:dead`)}. Others must have the same {tag}`,
        value: toInput(known[name]),
      })),
    changes: (values) =>
      changed(values).map(({ name, label, show, to }) => ({
        label,
        from: show(known[name], queue),
        to: show(to, queue),
      })),
    run: async (values) => {
      const now = await get(path`queues/${queue}/policy`);
      const others = FIELDS.filter(({ name }) => now[name] !== known[name])
        .map(({ name, label, show }) => `${label} from ${show(known[name], queue)} to ${show(now[name], queue)}`);
      if (others.length > 0) {
        known = now;
        throw new Error(
          `Nothing was saved, because the policy was changed meanwhile: ${others.join(", ")}. ` +
            "Fields that you did not edit show the new values.",
        );
      }
      const wire = (value) => typeof value === "string" ? toJson(value) : value;
      const json = Object.fromEntries(changed(values).map(({ name, to }) => [name, wire(to)]));
      await act("PUT", path`queues/${queue}/policy`, { json });
      return `Changed the policy of ${nameOf(queue)}`;
    },
  });
}
