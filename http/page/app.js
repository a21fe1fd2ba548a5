/**
 * The operators' page: the view, and header, messages and dialogs around it.
 *
 * @module
 */
import { usePoll } from "./api.js";
import { DeadLettersView } from "./dead_letters.js";
import { ActionDialog } from "./dialog.js";
import { EventView } from "./event.js";
import { useLocation } from "./location.js";
import { nameOf } from "./name.js";
import { QueueView } from "./queue.js";
import { QueuesView } from "./queues.js";
import { TimetablesView } from "./timetables.js";
import { html, render, useEffect, useState } from "./vendor.js";

/** The views that no queue has, by name. */
const OVERVIEWS = new Map([["dead", DeadLettersView], ["timetables", TimetablesView]]);

/** Opened so far. */
let dialogs = 0;

function App() {
  const { params, trail, isReturn } = useLocation();
  const session = usePoll("session", {}, 0);
  const [dialog, setDialog] = useState();
  const [message, showMessage] = useState({ text: "" });
  useEffect(() => {
    const names = [params.event, params.queue].filter((name) => name !== undefined).map(nameOf);
    document.title = [...names, "okq"].join(" – ");
    if (!isReturn) focusHeading();
  }, [params.queue, params.event, params.view]);
  const isOverview = params.queue === undefined;
  const Overview = OVERVIEWS.get(params.view) ?? QueuesView;
  const view = isOverview ? Overview : params.event === undefined ? QueueView : EventView;
  // Each dialog has a key of its own: the next one may be opened before the close event of the last one has fired.
  const openDialog = (props) => setDialog({ ...props, key: ++dialogs });
  const closeDialog = (text) => {
    setDialog((current) => current === dialog ? undefined : current);
    if (text !== undefined) showMessage({ text });
  };
  const tools = { session: session.data, openDialog, showMessage };
  return html`
    <a class="skip" href="#main" onClick=${skipToContent}>Skip to the content</a>
    <header>
      <a class="home" href="#"><img src="page/icon.svg" alt="" width="20" height="20" /> okq</a>
      <nav class="tools" aria-label="Views">
        <a href="#" aria-current=${isOverview && view === QueuesView ? "page" : undefined}>Queues</a>
        <a href="#view=dead" aria-current=${view === DeadLettersView ? "page" : undefined}>Dead letters</a>
        <a href="#view=timetables" aria-current=${view === TimetablesView ? "page" : undefined}>Timetables</a>
      </nav>
      ${session.data && html`<${SessionInfo} ...${session.data} />`}
    </header>
    <main id="main">
      ${session.error && html`<p class="error" role="alert">${session.error}</p>`}
      ${session.data &&
        html`<${view} key=${
          JSON.stringify([params.queue, params.event])
        } params=${params} trail=${trail} ...${tools} />`}
    </main>
    <p role="status" class=${message.failed ? "message error" : "message"}>${message.text}
      ${message.text &&
        html`<button class="plain" aria-label="Close this message" onClick=${() =>
          showMessage({ text: "" })}>✕</button>`}
    </p>
    ${dialog && html`<${ActionDialog} ...${dialog} onClose=${closeDialog} />`}
  `;
}

function SessionInfo({ user, port, version }) {
  return html`<span class="session">User ${user}, port ${port}, okq ${version}</span>`;
}

function focusHeading() {
  scrollTo(0, 0);
  document.querySelector("main h1")?.focus();
}

/** Replaces the link's default action: the part of the address after # selects the view. */
function skipToContent(event) {
  event.preventDefault();
  focusHeading();
}

render(html`<${App} />`, document.getElementById("app"));
