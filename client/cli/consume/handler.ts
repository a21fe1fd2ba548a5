/**
 * What processes the events of `cli consume`.
 *
 * @module
 */
import type { QueuedEvent } from "../../event.ts";

/**
 * Processes one event, which is acknowledged when it resolves, unless it has settled the event itself.
 *
 * @param stopping aborts when a signal asks to end
 * @throws {CannotGoOn} if no event can be processed
 * @throws {OkqError} if the event failed
 */
export type EventHandler = (event: QueuedEvent, stopping: AbortSignal) => Promise<void>;

/** No event can be processed: the program cannot be started, or a permission is missing. */
export class CannotGoOn extends Error {}
