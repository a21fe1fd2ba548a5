/**
 * The dialog that confirms an action.
 *
 * @module
 */
import { html, useEffect, useRef, useState } from "./vendor.js";

/**
 * Runs an action on submit. An error keeps the dialog open.
 *
 * @param fields each `{ name, label, kind, value, hint, required, options }`; `kind` is text, number, area or choice
 * @param run receives the values by field name, and resolves to the message of success
 * @param onClose receives that message, or undefined if the dialog was cancelled
 */
export function ActionDialog({ title, text, verb, danger, fields = [], run, onClose }) {
  const dialog = useRef();
  const [error, setError] = useState();
  const [busy, setBusy] = useState(false);
  const message = useRef();
  useEffect(() => dialog.current.showModal(), []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      message.current = await run(Object.fromEntries(new FormData(event.target)));
      dialog.current.close();
    } catch (error) {
      setError(error.message);
      setBusy(false);
    }
  };
  return html`
    <dialog ref=${dialog} aria-labelledby="dialog-title" onClose=${() => onClose(message.current)}>
      <form onSubmit=${submit}>
        <h2 id="dialog-title">${title}</h2>
        ${text && html`<p>${text}</p>`}
        ${fields.map((field) => html`<${Field} ...${field} />`)}
        ${error && html`<p class="error" role="alert">${error}</p>`}
        <div class="tools">
          <button class=${danger ? "danger" : "main"} disabled=${busy}>${verb}</button>
          <button type="button" onClick=${() => dialog.current.close()}>Cancel</button>
        </div>
      </form>
    </dialog>
  `;
}

function Field({ name, label, kind = "text", value = "", hint, required = false, options }) {
  const common = { name, id: `field-${name}`, required, "aria-describedby": hint && `hint-${name}` };
  return html`
    <p class="field">
      <label for=${common.id}>${label}</label>
      ${kind === "area" && html`<textarea ...${common} rows="6" spellcheck="false" defaultValue=${value} />`}
      ${kind === "choice" && html`<select ...${common}>
        ${options.map(([value, text]) => html`<option value=${value}>${text}</option>`)}
      </select>`}
      ${kind === "number" && html`<input ...${common} type="number" min="0" step="any" defaultValue=${value} />`}
      ${kind === "text" && html`<input ...${common} defaultValue=${value} autocomplete="off" spellcheck="false" />`}
      ${hint && html`<small id="hint-${name}">${hint}</small>`}
    </p>
  `;
}
