/**
 * The operators' page: which view is seen, and what surrounds it.
 *
 * @module
 */
import { useLook } from "./api.js";
import { AskDialog } from "./dialog.js";
import { shown } from "./bytes.js";
import { EventView } from "./event.js";
import { html, render, useEffect, useState } from "./vendor.js";
import { usePlace } from "./location.js";
import { QueueView } from "./queue.js";
import { QueuesView } from "./queues.js";

function App() {
  const place = usePlace();
  const me = useLook("me", {}, 0);
  const [asked, ask] = useState();
  const [said, say] = useState({ text: "" });
  const title = [place.event, place.queue].filter(Boolean).map(shown);
  useEffect(() => {
    document.title = [...title, "okq"].join(" – ");
    document.querySelector("main h1")?.focus();
  }, [place.queue, place.event]);
  const view = place.queue === undefined ? QueuesView : place.event === undefined ? QueueView : EventView;
  const tools = { me: me.data, ask, say };
  const finish = (text, failed = false) => {
    ask(undefined);
    if (text !== undefined) say({ text, failed });
  };
  return html`
    <a class="skip" href="#main" onClick=${toMain}>Skip to the content</a>
    <header>
      <a class="home" href="#"><img src="page/icon.svg" alt="" width="20" height="20" /> okq</a>
      ${me.data && html`<span class="who">${me.data.user} on port ${me.data.port}, okq ${me.data.version}</span>`}
    </header>
    <main id="main">
      ${me.error && html`<p class="error" role="alert">${me.error}</p>`}
      ${me.data && html`<${view} key=${JSON.stringify([place.queue, place.event])} place=${place} ...${tools} />`}
    </main>
    <p role="status" class=${said.failed ? "said error" : "said"}>${said.text}
      ${said.text &&
        html`<button class="plain" aria-label="Close this message" onClick=${() => say({ text: "" })}>✕</button>`}
    </p>
    ${asked && html`<${AskDialog} ...${asked} finish=${finish} />`}
  `;
}

/** An address behind the # names a view, so that this link may not. */
function toMain(event) {
  event.preventDefault();
  document.querySelector("main h1")?.focus();
}

render(html`<${App} />`, document.getElementById("app"));
