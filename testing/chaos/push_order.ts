/**
 * Finds events that were popped out of the order of their pushes.
 *
 * Of two events that one producer pushed on the left of a queue, the one pushed first is popped first. That can be told
 * of their first deliveries only: events that come back are next. A delivery whose reply was lost is not in the ledger,
 * so that an event counts as late only if a QCLAIM delivers it, with 1 as the number of the attempt.
 *
 * @module
 */

export interface Pop {
  /** Of the successful push, among those of the same queue. */
  position: number;
  /** When the command was sent, and when its reply had arrived. */
  sentAt: number;
  repliedAt: number;
  /** The same for all events of one reply, which are in the order in which they were popped. */
  reply: unknown;
  /** Whether the event was certainly never popped before. */
  first: boolean;
}

/** @param pops of events that were pushed on the left of one queue, in the order of their replies */
export function latePops<P extends Pop>(pops: readonly P[]): P[] {
  const highest: number[] = []; // position among the first n pops
  for (const { position } of pops) highest.push(Math.max(highest.at(-1) ?? -1, position));
  return pops.filter(({ position, sentAt, reply, first }, i) => {
    if (!first) return false;
    let before = i - 1;
    for (; before >= 0 && pops[before].repliedAt >= sentAt; before--) {
      if (pops[before].reply === reply && pops[before].position > position) return true;
    }
    return before >= 0 && highest[before] > position;
  });
}
