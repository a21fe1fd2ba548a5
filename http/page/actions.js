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

const DEAD_SUFFIX = ":dead";

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
    text: `Removes all ready, delayed and processing events for good: ${plural(total, "event")} now.`,
    verb: "Flush",
    danger: true,
    run: async () => `Flushed ${nameOf(queue)}: ${plural(await act("flush", { queue }), "event")} removed`,
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

/** Moves ready events to another queue, for example to replay a dead queue. */
export function openMoveDialog(openDialog, queue) {
  const isDead = queue.endsWith(DEAD_SUFFIX);
  const origin = isDead ? queue.slice(0, -DEAD_SUFFIX.length) : "";
  openDialog({
    title: isDead ? `Replay the events of ${nameOf(queue)}?` : `Move the events of ${nameOf(queue)}?`,
    text: "Moves ready events, oldest first, and resets their attempts. An event whose id the destination holds stays.",
    verb: isDead ? "Replay" : "Move",
    fields: [
      {
        name: "destination",
        label: "Destination queue",
        value: isDead ? display(origin) : "",
        hint: "The dead queue of this queue, the queue of this dead queue, or a queue with the same {tag}",
        required: true,
      },
      { name: "count", label: "Maximum number of events", kind: "number", hint: "Empty: all that are ready now" },
    ],
    run: async ({ destination: text, count }) => {
      const destination = fromDisplay(text);
      const moved = await act("move", { queue, destination, ...count === "" ? {} : { count: Number(count) } });
      return `Moved ${plural(moved, "event")} to ${nameOf(destination)}`;
    },
  });
}

export function openAckDialog(openDialog, queue, { id, state }, onDone) {
  openDialog({
    title: `Acknowledge ${nameOf(id)}?`,
    text: "Removes the event for good." + (state === "processing" ? " A consumer is processing it." : ""),
    verb: "Acknowledge",
    danger: true,
    run: async () => {
      const changed = await act("ack", { queue, id });
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
      const changed = await act("nack", { queue, id, reason: fromText(reason) });
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
      const changed = await act("bury", { queue, id });
      onDone();
      return changed ? `Sent ${nameOf(id)} to ${nameOf(dead)}` : `${nameOf(id)} did not exist any more`;
    },
  });
}
