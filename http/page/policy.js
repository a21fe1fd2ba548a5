/**
 * The policy of a queue: shown, and edited in a dialog that shows what changes before it is saved.
 *
 * @module
 */
import { act } from "./api.js";
import { display, fromDisplay } from "./bytes.js";
import { count } from "./format.js";
import { linkTo } from "./location.js";
import { Name, nameOf } from "./name.js";
import { html } from "./vendor.js";

/** As they are set: not rounded. */
const decimal = (number) => number.toLocaleString("en", { maximumFractionDigits: 5 });
const seconds = (ms) => `${decimal(ms / 1000)} s`;

/** Only 0 becomes 0. */
const milliseconds = (text) => Number(text) === 0 ? 0 : Math.max(1, Math.round(Number(text) * 1000));

/** @param none what 0 means, or undefined if it is not allowed */
function number(name, label, edit, none, hint, { fallback = 0, show = count, read = Number, toInput = String } = {}) {
  return {
    name,
    label,
    edit,
    kind: "number",
    hint: `${hint}${hint ? "; " : ""}${hint ? "empty" : "Empty"}: ${none ?? toInput(fallback)}`,
    show: (value) => value === 0 && none ? none : show(value),
    read: (text) => text === "" ? fallback : read(text),
    toInput: (value) => value === 0 ? "" : toInput(value),
  };
}

function duration(name, label, edit, none, hint, fallback = 0) {
  const toInput = (ms) => `${ms / 1000}`;
  return number(name, label, edit, none, hint, { fallback, show: seconds, read: milliseconds, toInput });
}

/** How each field is shown, edited and read. */
const FIELDS = [
  number("maxAttempts", "Attempts", "Attempts before an event is dead", "no limit", ""),
  {
    name: "deadQueue",
    label: "Dead queue",
    edit: "Dead queue",
    show: (value, queue) => nameOf(value ?? `${queue}:dead`),
    read: (text) => text === "" ? null : fromDisplay(text),
    toInput: (value) => value === null ? "" : display(value),
  },
  duration("backoffMs", "Backoff", "Backoff in seconds", "none", "Before the second attempt, doubled with each"),
  duration("backoffMaxMs", "Longest backoff", "Longest backoff in seconds", "no limit", ""),
  number("maxLength", "Most events", "Most events", "no limit", "Further pushes are refused"),
  duration("leaseMs", "Lease", "Lease in seconds", undefined, "Of consumers that do not ask for another", 30_000),
  number("groupLimit", "Limit of a group", "Limit of a group", undefined, "Its events that are ready or processing", {
    fallback: 1,
  }),
  duration(
    "rememberMs",
    "Ids stay taken",
    "Time for which ids stay taken, in seconds",
    "not at all",
    "Once acknowledged",
  ),
  number("maxProcessing", "Limit of processing", "Limit of processing events", "no limit", "No more are delivered"),
  number("rate", "Deliveries", "Deliveries per second", "no limit", "Decimals are allowed", {
    show: (value) => `${decimal(value)} per second`,
  }),
];

/** @param data the queue */
export function Policy({ queue, data: { policy, deadQueue, origins }, tools: { session, openDialog } }) {
  const isUsed = policy.maxAttempts > 0 || policy.deadQueue !== null || origins.length === 0;
  const shown = ({ name, show }) => {
    if (name !== "deadQueue") return show(policy[name]);
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

function openPolicyDialog(openDialog, queue, policy) {
  const read = (values) => Object.fromEntries(FIELDS.map(({ name, read }) => [name, read(values[name])]));
  openDialog({
    title: `Policy of ${nameOf(queue)}`,
    verb: "Save",
    fields: FIELDS.map(({ name, edit, kind, hint, toInput }) => ({
      name,
      label: edit,
      kind,
      hint: hint ?? `Empty: ${nameOf(`${queue}:dead`)}. Others must have the same {tag}`,
      value: toInput(policy[name]),
    })),
    changes: (values) => {
      const changed = read(values);
      return FIELDS.filter(({ name }) => changed[name] !== policy[name])
        .map(({ name, label, show }) => ({ label, from: show(policy[name], queue), to: show(changed[name], queue) }));
    },
    run: async (values) => {
      await act("policy", { queue, ...read(values) });
      return `Changed the policy of ${nameOf(queue)}`;
    },
  });
}
