/**
 * What an operator can do: each opens a dialog that says what will happen.
 *
 * @module
 */
import { act } from "./api.js";
import { ofText, shown } from "./bytes.js";
import { many } from "./format.js";

/** The longest pause for a time, in milliseconds: a year. */
const LONGEST_PAUSE_MS = 365 * 86_400_000;

/** Seconds as milliseconds: only nothing, or zero, is zero. */
function ms(seconds) {
  return Number(seconds) === 0 ? 0 : Math.max(1, Math.round(Number(seconds) * 1000));
}

/** Pushes an event. @param queue none if it is to be asked for */
export function askPush(ask, queue) {
  const name = { name: "queue", label: "Queue", required: true };
  ask({
    title: queue === undefined ? "Push an event" : `Push an event to ${shown(queue)}`,
    verb: "Push",
    fields: [
      ...queue === undefined ? [name] : [],
      { name: "id", label: "Id", value: crypto.randomUUID?.() ?? `${Date.now()}`, required: true },
      { name: "contents", label: "Contents", kind: "area", hint: "Text, sent as UTF-8" },
      {
        name: "side",
        label: "Enters",
        kind: "choice",
        options: [["left", "behind all others"], ["right", "before all others"]],
      },
      { name: "delay", label: "Delay in seconds", kind: "number", hint: "Kept back for so long; empty for not at all" },
      { name: "ttl", label: "Time to live in seconds", kind: "number", hint: "Removed after; empty for never" },
    ],
    run: async ({ queue: named, id, contents, side, delay, ttl }) => {
      const to = queue ?? ofText(named);
      const wish = { queue: to, id: ofText(id), contents: ofText(contents), side, delayMs: ms(delay), ttlMs: ms(ttl) };
      await act("push", wish);
      return `Pushed ${id} to ${shown(to)}`;
    },
  });
}

/** Removes all events. */
export function askFlush(ask, queue, total) {
  ask({
    title: `Flush ${shown(queue)}?`,
    text: `Removes all events for good: those ready, delayed and being processed, ${many(total, "event")} now.`,
    verb: "Flush",
    danger: true,
    run: async () => `Flushed ${shown(queue)}: ${many(await act("flush", { queue }), "event")} removed`,
  });
}

/** Pauses. */
export function askPause(ask, queue) {
  ask({
    title: `Pause ${shown(queue)}?`,
    text: "A paused queue takes events and acknowledgements, but hands nothing out.",
    verb: "Pause",
    fields: [{ name: "seconds", label: "For how many seconds", kind: "number", hint: "Empty: until it is resumed" }],
    run: async ({ seconds }) => {
      await act("pause", { queue, forMs: seconds === "" ? 0 : Math.min(Math.max(1, ms(seconds)), LONGEST_PAUSE_MS) });
      return `Paused ${shown(queue)}`;
    },
  });
}

/** Resumes. */
export function askResume(ask, queue) {
  ask({
    title: `Resume ${shown(queue)}?`,
    text: "It hands out events again.",
    verb: "Resume",
    run: async () => {
      await act("resume", { queue });
      return `Resumed ${shown(queue)}`;
    },
  });
}

/** Moves ready events to another queue; out of a dead queue that is a replay. */
export function askMove(ask, queue) {
  const isDead = queue.endsWith(":dead");
  ask({
    title: isDead ? `Replay the events of ${shown(queue)}?` : `Move the events of ${shown(queue)}?`,
    text: "Moves ready events, the oldest first. Their attempts start anew. Those whose id is there already stay.",
    verb: isDead ? "Replay" : "Move",
    fields: [
      {
        name: "destination",
        label: "To the queue",
        value: isDead ? shown(queue.slice(0, -":dead".length)) : "",
        hint: "Its dead queue, the queue that it is the dead queue of, or one with the same {tag}",
        required: true,
      },
      { name: "most", label: "How many at most", kind: "number", hint: "Empty: all that are ready now" },
    ],
    run: async ({ destination, most }) => {
      const unchanged = isDead && destination === shown(queue.slice(0, -":dead".length));
      const to = unchanged ? queue.slice(0, -":dead".length) : ofText(destination);
      const wish = { queue, destination: to, ...most === "" ? {} : { most: Number(most) } };
      return `Moved ${many(await act("move", wish), "event")} to ${shown(to)}`;
    },
  });
}

/** Acknowledges an event. */
export function askAck(ask, queue, { id, state }, then) {
  ask({
    title: `Acknowledge ${shown(id)}?`,
    text: "Removes the event for good." + (state === "processing" ? " A consumer is working on it." : ""),
    verb: "Acknowledge",
    danger: true,
    run: async () => {
      const done = await act("ack", { queue, id });
      then();
      return done ? `Acknowledged ${shown(id)}` : `${shown(id)} was gone already`;
    },
  });
}

/** Gives an event back. */
export function askNack(ask, queue, { id }, then) {
  ask({
    title: `Give ${shown(id)} back?`,
    text: "Ends the delivery as failed: the event comes back after the queue's backoff, or goes to the dead queue.",
    verb: "Give back",
    fields: [{ name: "reason", label: "Reason", hint: "Kept with the event" }],
    run: async ({ reason }) => {
      const done = await act("nack", { queue, id, reason: ofText(reason) });
      then();
      return done ? `Gave ${shown(id)} back` : `${shown(id)} was not being processed any more`;
    },
  });
}

/** Sends an event to the dead queue. */
export function askBury(ask, queue, { id, state }, dead, then) {
  ask({
    title: `Send ${shown(id)} to the dead queue?`,
    text: `Moves the event to ${shown(dead)}, from where it can be replayed.` +
      (state === "processing" ? " A consumer is working on it, and may finish it all the same." : ""),
    verb: "Send to the dead queue",
    danger: true,
    run: async () => {
      const done = await act("bury", { queue, id });
      then();
      return done ? `Sent ${shown(id)} to ${shown(dead)}` : `${shown(id)} was gone already`;
    },
  });
}
