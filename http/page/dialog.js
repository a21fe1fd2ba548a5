/**
 * The dialog in which every action is confirmed.
 *
 * @module
 */
import { html, useEffect, useRef, useState } from "./vendor.js";

/**
 * Asks for the fields and for a yes, acts, and says what came of it.
 *
 * @param fields `{ name, label, kind, value, hint, required, options }` each; `kind` is text, number, area or choice
 * @param run takes the values by the names of the fields, and resolves to what is to be said
 * @param finish takes that, or nothing if the person thought better of it
 */
export function AskDialog({ title, text, verb, danger, fields = [], run, finish }) {
  const dialog = useRef();
  const [error, setError] = useState();
  const [busy, setBusy] = useState(false);
  const said = useRef();
  useEffect(() => dialog.current.showModal(), []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    try {
      said.current = await run(Object.fromEntries(new FormData(event.target)));
      dialog.current.close();
    } catch (error) {
      setError(error.message);
      setBusy(false);
    }
  };
  return html`
    <dialog ref=${dialog} aria-labelledby="asked" onClose=${() => finish(said.current)}>
      <form onSubmit=${submit}>
        <h2 id="asked">${title}</h2>
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
