/**
 * The dialog that confirms an action and shows its progress.
 *
 * @module
 */
import { count } from "./format.js";
import { html, useEffect, useRef, useState } from "./vendor.js";

/**
 * Runs an action on submit. An error keeps the dialog open, with its fields to be corrected. Closing the dialog stops an
 * action in several steps.
 *
 * @param fields each `{ name, label, kind, value, hint, required, options }`; `kind` is text, number, area or choice;
 *   the options of a text are suggestions. A function that returns them may change the values of fields that the operator
 *   has not edited, when an error is shown
 * @param preview receives the values while the operator edits them, and returns what is shown below
 * @param changes receives the values too, and returns what they change, each `{ label, from, to }`; this is shown before
 *   the action runs. Without it the first submit runs the action
 * @param run receives the values by field name and `{ progress, signal }`: a function to call with the number of steps
 *   done and of all, and a signal that aborts when the action should stop; resolves to the message of success
 * @param onClose receives that message, or undefined if the dialog was cancelled before
 */
export function ActionDialog({ title, text, verb, danger, fields = [], preview, changes, run, onClose }) {
  const dialog = useRef();
  const [error, setError] = useState();
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState();
  const [reviewed, setReviewed] = useState();
  const stop = useRef(new AbortController());
  const running = useRef();
  const form = useRef();
  const valuesOf = () => Object.fromEntries(new FormData(form.current));
  const [previewed, setPreviewed] = useState();
  const edited = () => preview && setPreviewed(valuesOf());
  useEffect(() => {
    dialog.current.showModal();
    edited();
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    setError(undefined);
    const values = valuesOf();
    const progress = (steps, all) => setDone({ steps, all });
    try {
      if (changes && !reviewed) return review(changes(values));
      setBusy(true);
      running.current = run(values, { progress, signal: stop.current.signal });
      await running.current;
      dialog.current.close();
    } catch (error) {
      running.current = undefined;
      setReviewed(undefined);
      setError(error.message);
      setBusy(false);
    }
  };
  const review = (changed) => {
    if (changed.length === 0) throw new Error("Nothing has been changed");
    setReviewed(changed);
  };
  const edit = () => {
    setReviewed(undefined);
    setError(undefined);
  };
  const cancel = () => {
    stop.current.abort(); // the close event comes later
    dialog.current.close();
  };
  const closed = async () => {
    stop.current.abort();
    onClose(await running.current?.catch((error) => error.message));
  };
  return html`
    <dialog ref=${dialog} aria-labelledby="dialog-title" onClose=${closed}>
      <form ref=${form} onSubmit=${submit} onInput=${edited}>
        <h2 id="dialog-title">${title}</h2>
        ${text && html`<p>${text}</p>`}
        <div hidden=${reviewed !== undefined}>
          ${(typeof fields === "function" ? fields() : fields).map((field) => html`<${Field} ...${field} />`)}
        </div>
        ${previewed && preview(previewed)}
        ${reviewed && html`<${Changes} changes=${reviewed} />`}
        ${error && html`<p class="error" role="alert">${error}</p>`}
        ${done && html`<p>
          <progress value=${done.steps} max=${Math.max(done.all, 1)} aria-label="Progress" />
          ${count(done.steps)} of ${count(done.all)}
        </p>`}
        <div class="tools">
          <button class=${danger ? "danger" : "main"} disabled=${busy}>
            ${changes && !reviewed ? "Show the changes" : verb}</button>
          ${reviewed && html`<button type="button" disabled=${busy} onClick=${edit}>Back</button>`}
          <button type="button" onClick=${cancel}>${busy && done ? "Stop" : "Cancel"}</button>
        </div>
      </form>
    </dialog>
  `;
}

/** The old and the new values. */
function Changes({ changes }) {
  return html`
    <table class="changes">
      <caption>These fields change</caption>
      <thead>
        <tr>
          <th scope="col" class="text">Field</th>
          <th scope="col" class="text">Old value</th>
          <th scope="col" class="text">New value</th>
        </tr>
      </thead>
      <tbody>
        ${changes.map(({ label, from, to }) =>
          html`
            <tr>
              <th scope="row">${label}</th>
              <td class="text">${from}</td>
              <td class="text">${to}</td>
            </tr>
          `
        )}
      </tbody>
    </table>
  `;
}

function Field({ name, label, kind = "text", value = "", hint, required = false, options = [] }) {
  const common = { name, id: `field-${name}`, required, "aria-describedby": hint && `hint-${name}` };
  const list = options.length > 1 ? `options-${name}` : undefined;
  return html`
    <p class="field">
      <label for=${common.id}>${label}</label>
      ${kind === "area" && html`<textarea ...${common} rows="6" spellcheck="false" defaultValue=${value} />`}
      ${kind === "choice" && html`<select ...${common}>
        ${options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}
      </select>`}
      ${kind === "number" && html`<input ...${common} type="number" min="0" step="any" defaultValue=${value} />`}
      ${kind === "text" && html`
        <input ...${common} list=${list} defaultValue=${value} autocomplete="off" spellcheck="false" />
        ${list && html`<datalist id=${list}>${options.map((value) => html`<option value=${value} />`)}</datalist>`}
      `}
      ${hint && html`<small id="hint-${name}">${hint}</small>`}
    </p>
  `;
}
