/**
 * The dialogs of the operators' actions.
 *
 * @module
 */
import { act, get, path, push } from "./api.js";
import { display, fromDisplay, fromText, toJson } from "./bytes.js";
import { plural } from "./format.js";
import { nameOf } from "./name.js";

/** Leaves out empty fields. */
const given = (text) => text === "" ? undefined : text;

const DESTINATION = {
  name: "destination",
  label: "Destination queue",
  hint: "The dead queue of this queue, the queue of this dead queue, or a queue with the same {tag}",
  required: true,
};

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
      const params = { id: fromDisplay(id), side, delay: given(delay), ttl: given(ttl) };
      await push(path`queues/${target}/events`, params, fromText(contents));
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
    run: async () => {
      const { changed } = await act("POST", path`queues/${queue}:flush`);
      return `Flushed ${nameOf(queue)}: ${plural(changed, "event")} removed`;
    },
  });
}

export function openPauseDialog(openDialog, queue) {
  openDialog({
    title: `Pause ${nameOf(queue)}?`,
    text: "A paused queue accepts pushes and acknowledgements, but delivers no events.",
    verb: "Pause",
    fields: [{ name: "seconds", label: "Duration in seconds", kind: "number", hint: "Empty: until it is resumed" }],
    run: async ({ seconds }) => {
      await act("POST", path`queues/${queue}:pause`, { params: { for: given(seconds) } });
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
      await act("POST", path`queues/${queue}:resume`);
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
      DESTINATION,
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
    const params = { to: destination, count, skip: skipped };
    const step = await act("POST", path`queues/${queue}:move`, { params }).catch((error) => {
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

/**
 * Moves some events. @param ids of events that no consumer is processing
 * @param origins if they are dead letters, the queues that they may have come from
 */
export function openMoveIdsDialog(openDialog, queue, ids, origins, onDone) {
  const isDead = origins.length > 0;
  openDialog({
    title: isDead ? `Try ${eventsOf(queue, ids)} again?` : `Move ${eventsOf(queue, ids)}?`,
    text: `${isDead ? "Moves back" : "Moves to another queue, where they are ready"}, and resets the attempts. ` +
      "An event whose id the queue holds already stays.",
    verb: isDead ? "Try again" : "Move",
    fields: [isDead ? originField(origins) : DESTINATION],
    run: async ({ destination: text }) => {
      const destination = fromDisplay(text);
      const json = { ids: ids.map(toJson), to: toJson(destination) };
      const { changed } = await act("POST", path`queues/${queue}/events:move`, { json });
      onDone();
      return `Moved ${plural(changed, "event")} to ${nameOf(destination)}${others(ids, changed, "stayed or had gone")}`;
    },
  });
}

/** Ends the delay of events. */
export function openRetryNowDialog(openDialog, queue, ids, onDone) {
  openDialog({
    title: `Retry ${eventsOf(queue, ids)} now?`,
    text: "Ends the delay: the next consumer gets what is retried.",
    verb: "Retry now",
    run: async () => {
      const json = { ids: ids.map(toJson) };
      const { changed } = await act("POST", path`queues/${queue}/events:retry`, { json });
      onDone();
      return `Ended the delay of ${plural(changed, "event")} of ${nameOf(queue)}${
        others(ids, changed, "not delayed any more")
      }`;
    },
  });
}

/** Removes some events. @param isProcessing consumers have them */
export function openAckIdsDialog(openDialog, queue, ids, { isDead, isProcessing }, onDone) {
  openDialog({
    title: `${isDead ? "Drop" : "Acknowledge"} ${eventsOf(queue, ids)}?`,
    text: "Removes for good." + (isProcessing ? " Consumers are processing what is removed." : ""),
    verb: isDead ? "Drop" : "Acknowledge",
    danger: true,
    run: async () => {
      const changed = await acknowledge(queue, ids);
      onDone();
      return `${isDead ? "Dropped" : "Acknowledged"} ${plural(changed, "event")} of ${nameOf(queue)}${
        others(ids, changed, "gone before")
      }`;
    },
  });
}

async function acknowledge(queue, ids) {
  return (await act("POST", path`queues/${queue}/events:ack`, { json: { ids: ids.map(toJson) } })).changed;
}

/** Says how many events were not changed. */
function others(ids, changed, why) {
  return changed < ids.length ? `; ${plural(ids.length - changed, "event")} ${why}` : "";
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
        const count = Math.min(DROPPED_PER_STEP, ready - dropped);
        const { events } = await get(path`queues/${queue}/events`, { state: "ready", count });
        const changed = events.length > 0 ? await acknowledge(queue, events.map(({ id }) => id)) : 0;
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

function eventsOf(queue, ids) {
  return `${ids.length === 1 ? nameOf(ids[0]) : plural(ids.length, "event")} of ${nameOf(queue)}`;
}

export function openNackDialog(openDialog, queue, { id }, onDone) {
  openDialog({
    title: `Give ${nameOf(id)} back?`,
    text: "Ends the delivery as failed: the event returns after the queue's backoff, or moves to the dead queue.",
    verb: "Give back",
    fields: [{ name: "reason", label: "Reason", hint: "Stored with the event" }],
    run: async ({ reason }) => {
      const params = { reason: given(fromText(reason)) };
      await act("POST", path`queues/${queue}/events/${id}:nack`, { params });
      onDone();
      return `Gave ${nameOf(id)} back`;
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
      await act("POST", path`queues/${queue}/events/${id}:bury`);
      onDone();
      return `Sent ${nameOf(id)} to ${nameOf(dead)}`;
    },
  });
}
