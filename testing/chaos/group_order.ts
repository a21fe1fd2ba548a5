/**
 * Finds deliveries that break the promises for groups and for queues with a limit.
 *
 * A delivery happened at some time between its command and its reply, and an event is gone from its queue at some time
 * after the first acknowledgement was sent. Only what is true of all these times counts.
 *
 * @module
 */

/** An event of a group. Times are in milliseconds of `performance.now()`. */
export interface Member {
  /** Among the pushes on the left of its queue; undefined if it is unknown. */
  position?: number;
  /** When an acknowledgement was first sent; Infinity if none was. */
  goneSince: number;
}

export interface GroupDelivery {
  member: Member;
  sentAt: number;
  repliedAt: number;
  /** The same for all events of one reply, which are in the order in which they were taken. */
  reply: unknown;
}

/**
 * Returns deliveries of events that had no place in their group: as many as the limit, or more, of earlier events, or of
 * events delivered before, were certainly not gone.
 *
 * @param members all events of the group that were stored
 * @param deliveries of the group, in the order of their replies
 */
export function outOfTurn<D extends GroupDelivery>(
  members: readonly Member[],
  deliveries: readonly D[],
  limit: number,
): D[] {
  return deliveries.filter(({ member, sentAt, repliedAt, reply }, i) => {
    const others = members.filter((other) => other !== member && other.goneSince > repliedAt);
    const delivered = new Set(
      deliveries.slice(0, i).filter((before) => before.repliedAt < sentAt || before.reply === reply)
        .map((before) => before.member),
    );
    const earlier = ({ position = Infinity }: Member) => position < (member.position ?? -Infinity);
    return others.filter((other) => delivered.has(other)).length >= limit || others.filter(earlier).length >= limit;
  });
}

export interface Lease {
  sentAt: number;
  repliedAt: number;
  /** When the lease may have ended. */
  until: number;
}

/** Returns deliveries while as many other events as the limit, or more, were certainly being processed. */
export function overLimit<L extends Lease>(leases: readonly L[], limit: number): L[] {
  return leases.filter(({ sentAt, repliedAt }) => {
    return leases.filter((other) => other.repliedAt < sentAt && other.until > repliedAt).length >= limit;
  });
}
