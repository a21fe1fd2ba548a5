/**
 * The dialogs of the operators' actions.
 *
 * @module
 */
import { act } from "./api.js";
import { display, fromDisplay, fromText } from "./bytes.js";
import { plural } from "./format.js";
import { nameOf } from "./name.js";

/** A year. */
const MAX_PAUSE_MS = 365 * 86_400_000;

/** Only 0 and an empty field become 0. */
function milliseconds(seconds) {
  return Number(seconds) === 0 ? 0 : Math.max(1, Math.round(Number(seconds) * 1000));
}

/** @param queue undefined to let the operator enter it */
export function openPushDialog(openDialog, queue) {
  const queueField = { name: "queue", label: "Queue", required: true };
  openDialog({
    title: queue === undefined ? "Push an event" : `Push an event to ${nameOf(queue)}`,
    verb: "Push",
    fields: [
      ...queue === undefined ? [queueField] : [],
      { name: "id", label: "Id", value: crypto.randomUUID?.() ?? `${Date.now()}`, required: true },
      { name: "contents", label: "Contents", kind: "area", hint: "Text, sent as UTF-8" },
      {
        name: "side",
        label: "Position",
        kind: "choice",
        options: [["left", "Left end: popped last"], ["right", "Right end: popped next"]],
      },
      {
        name: "delay",
        label: "Delay in seconds",
        kind: "number",
        hint: "Time until the event is ready; empty for none",
      },
      {
        name: "ttl",
        label: "Time to live in seconds",
        kind: "number",
        hint: "Time after which the event is removed; empty for never",
      },
    ],
    run: async ({ queue: queueText, id, contents, side, delay, ttl }) => {
      const target = queue ?? fromDisplay(queueText);
      await act("push", {
        queue: target,
        id: fromDisplay(id),
        contents: fromText(contents),
        side,
        delayMs: milliseconds(delay),
        ttlMs: milliseconds(ttl),
      });
      return `Pushed ${nameOf(fromDisplay(id))} to ${nameOf(target)}`;
    },
  });
}

export function openFlushDialog(openDialog, queue, total) {
  openDialog({
    title: `Flush ${nameOf(queue)}?`,
    text: `Removes all ready, delayed, blocked and processing events for good: ${plural(total, "event")} now.`,
    verb: "Flush",
    danger: true,
    run: async () => `Flushed ${nameOf(queue)}: ${plural((await act("flush", { queue })).changed, "event")} removed`,
  });
}

export function openPauseDialog(openDialog, queue) {
  openDialog({
    title: `Pause ${nameOf(queue)}?`,
    text: "A paused queue accepts pushes and acknowledgements, but delivers no events.",
    verb: "Pause",
    fields: [{ name: "seconds", label: "Duration in seconds", kind: "number", hint: "Empty: until it is resumed" }],
    run: async ({ seconds }) => {
      const durationMs = seconds === "" ? 0 : Math.min(Math.max(1, milliseconds(seconds)), MAX_PAUSE_MS);
      await act("pause", { queue, durationMs });
      return `Paused ${nameOf(queue)}`;
    },
  });
}

export function openResumeDialog(openDialog, queue) {
  openDialog({
    title: `Resume ${nameOf(queue)}?`,
    text: "The queue delivers events again.",
    verb: "Resume",
    run: async () => {
      await act("resume", { queue });
      return `Resumed ${nameOf(queue)}`;
    },
  });
}

/** Of events in one request: okq serves others in between, and the dialog shows how far it is. */
const MOVED_PER_STEP = 1000;
const DROPPED_PER_STEP = 250;

/** Moves ready events to another queue. @param waiting number of them now, with those that are blocked behind them */
export function openMoveDialog(openDialog, queue, waiting) {
  openDialog({
    title: `Move the events of ${nameOf(queue)}?`,
    text: "Moves ready events, oldest first, each with the blocked ones of its group, and resets their attempts. " +
      "An event whose id the destination holds stays.",
    verb: "Move",
    fields: [
      {
        name: "destination",
        label: "Destination queue",
        hint: "The dead queue of this queue, the queue of this dead queue, or a queue with the same {tag}",
        required: true,
      },
      { name: "count", label: "Maximum number of events", kind: "number", hint: "Empty: all that are there now" },
    ],
    run: ({ destination, count }, tools) =>
      moveEvents(queue, fromDisplay(destination), waiting, count === "" ? Infinity : Number(count), tools),
  });
}

/** Moves all dead letters back. @param origins the queues that they may have come from */
export function openRetryAllDialog(openDialog, queue, origins, ready) {
  openDialog({
    title: `Try all of ${nameOf(queue)} again?`,
    text: `Moves the ${plural(ready, "event")} that are ready now back, oldest first, and resets their attempts. ` +
      "An event whose id the queue holds already stays.",
    verb: "Try again",
    fields: [originField(origins)],
    run: ({ destination }, tools) => moveEvents(queue, fromDisplay(destination), ready, Infinity, tools),
  });
}

async function moveEvents(queue, destination, ready, max, { progress, signal }) {
  let [moved, skipped] = [0, 0];
  const all = Math.min(ready, max);
  while (moved < max && moved + skipped < ready && !signal.aborted) {
    const count = Math.min(MOVED_PER_STEP, max - moved, ready - moved - skipped);
    const step = await act("move", { queue, destination, count, skip: skipped }).catch((error) => {
      throw moved === 0 ? error : new Error(`${error.message}. Until then ${plural(moved, "event")} moved.`);
    });
    if (step.changed + step.skipped === 0) break;
    moved += step.changed;
    skipped += step.skipped;
    progress(moved, all);
  }
  const stayed = skipped > 0 ? `; ${plural(skipped, "event")} stayed, because it holds their ids` : "";
  return `${stopped(signal)}Moved ${plural(moved, "event")} to ${nameOf(destination)}${stayed}`;
}

function stopped(signal) {
  return signal.aborted ? "Stopped. " : "";
}

/** @param ids of dead letters */
export function openRetryDialog(openDialog, queue, origins, ids, onDone) {
  openDialog({
    title: `Try ${eventsOf(ids)} again?`,
    text: "Moves back, and resets the attempts.",
    verb: "Try again",
    fields: [originField(origins)],
    run: async ({ destination: text }) => {
      const destination = fromDisplay(text);
      const { changed } = await act("retry", { queue, destination, ids });
      onDone();
      const stayed = ids.length - changed;
      const note = stayed > 0 ? `; ${plural(stayed, "event")} stayed or did not exist any more` : "";
      return `Moved ${plural(changed, "event")} to ${nameOf(destination)}${note}`;
    },
  });
}

export function openDropDialog(openDialog, queue, ids, onDone) {
  openDialog({
    title: `Drop ${eventsOf(ids)}?`,
    text: "Removes for good.",
    verb: "Drop",
    danger: true,
    run: async () => {
      const { changed } = await act("drop", { queue, ids });
      onDone();
      return `Dropped ${plural(changed, "event")} of ${nameOf(queue)}`;
    },
  });
}

export function openDropAllDialog(openDialog, queue, ready) {
  openDialog({
    title: `Drop all of ${nameOf(queue)}?`,
    text: `Removes the ${plural(ready, "event")} that are ready now for good, oldest first.`,
    verb: "Drop all",
    danger: true,
    run: async (_values, { progress, signal }) => {
      let dropped = 0;
      while (dropped < ready && !signal.aborted) {
        const { changed } = await act("drop", { queue, count: Math.min(DROPPED_PER_STEP, ready - dropped) });
        if (changed === 0) break;
        dropped += changed;
        progress(dropped, ready);
      }
      return `${stopped(signal)}Dropped ${plural(dropped, "event")} of ${nameOf(queue)}`;
    },
  });
}

function originField(origins) {
  const options = origins.map(display);
  return { name: "destination", label: "Back to queue", value: options[0], options, required: true };
}

function eventsOf(ids) {
  return ids.length === 1 ? nameOf(ids[0]) : plural(ids.length, "event");
}

export function openAckDialog(openDialog, queue, { id, state }, onDone) {
  openDialog({
    title: `Acknowledge ${nameOf(id)}?`,
    text: "Removes the event for good." + (state === "processing" ? " A consumer is processing it." : ""),
    verb: "Acknowledge",
    danger: true,
    run: async () => {
      const { changed } = await act("ack", { queue, id });
      onDone();
      return changed ? `Acknowledged ${nameOf(id)}` : `${nameOf(id)} did not exist any more`;
    },
  });
}

export function openNackDialog(openDialog, queue, { id }, onDone) {
  openDialog({
    title: `Give ${nameOf(id)} back?`,
    text: "Ends the delivery as failed: the event returns after the queue's backoff, or moves to the dead queue.",
    verb: "Give back",
    fields: [{ name: "reason", label: "Reason", hint: "Stored with the event" }],
    run: async ({ reason }) => {
      const { changed } = await act("nack", { queue, id, reason: fromText(reason) });
      onDone();
      return changed ? `Gave ${nameOf(id)} back` : `${nameOf(id)} was not processing any more`;
    },
  });
}

export function openBuryDialog(openDialog, queue, { id, state }, dead, onDone) {
  openDialog({
    title: `Send ${nameOf(id)} to the dead queue?`,
    text: `Moves the event to ${nameOf(dead)}, from where it can be replayed.` +
      (state === "processing" ? " The consumer that is processing it can no longer acknowledge it." : ""),
    verb: "Send to the dead queue",
    danger: true,
    run: async () => {
      const { changed } = await act("bury", { queue, id });
      onDone();
      return changed ? `Sent ${nameOf(id)} to ${nameOf(dead)}` : `${nameOf(id)} did not exist any more`;
    },
  });
}
