/**
 * The static files of the operators' page. There is no build step, and the page loads nothing from other hosts.
 *
 * @module
 */
import { htmText, preactHooksText, preactText, uplotStyleText, uplotText } from "../../deps.ts";
import type { Route } from "../route.ts";
import actions from "./actions.js" with { type: "text" };
import api from "./api.js" with { type: "text" };
import app from "./app.js" with { type: "text" };
import bytes from "./bytes.js" with { type: "text" };
import chart from "./chart.js" with { type: "text" };
import consumers from "./consumers.js" with { type: "text" };
import deadLetters from "./dead_letters.js" with { type: "text" };
import dialog from "./dialog.js" with { type: "text" };
import event from "./event.js" with { type: "text" };
import events from "./events.js" with { type: "text" };
import format from "./format.js" with { type: "text" };
import icon from "./icon.svg" with { type: "text" };
import index from "./index.html" with { type: "text" };
import location from "./location.js" with { type: "text" };
import name from "./name.js" with { type: "text" };
import pages from "./pages.js" with { type: "text" };
import policy from "./policy.js" with { type: "text" };
import queue from "./queue.js" with { type: "text" };
import queues from "./queues.js" with { type: "text" };
import sparkline from "./sparkline.js" with { type: "text" };
import style from "./style.css" with { type: "text" };
import time from "./time.js" with { type: "text" };
import timetables from "./timetables.js" with { type: "text" };
import vendor from "./vendor.js" with { type: "text" };

/** The hooks import the package "preact"; in the browser it is the file beside them. */
const hooks = preactHooksText.replace(/(?<=from\s*)"preact"/, '"./preact.js"');

const SCRIPTS = {
  actions,
  api,
  app,
  bytes,
  chart,
  consumers,
  dead_letters: deadLetters,
  dialog,
  event,
  events,
  format,
  hooks,
  htm: htmText,
  location,
  name,
  pages,
  policy,
  preact: preactText,
  queue,
  queues,
  sparkline,
  time,
  timetables,
  uplot: uplotText,
  vendor,
};

export const PAGE: readonly Route[] = [
  file("/", index, "text/html"),
  file("/page/icon.svg", icon, "image/svg+xml"),
  file("/page/style.css", style, "text/css"),
  file("/page/uplot.css", uplotStyleText, "text/css"),
  ...Object.entries(SCRIPTS).map(([name, text]) => file(`/page/${name}.js`, text, "text/javascript")),
];

function file(path: string, text: string, type: string): Route {
  const headers = { "content-type": `${type}; charset=utf-8` };
  return { method: "GET", path, role: "any", handle: () => new Response(text, { headers }) };
}
