/**
 * Works on long lists in slices, between which others are served.
 *
 * @module
 */

/** Items handled at once. */
const SLICE = 1000;

/** Longest time of slices in a row. */
const MAX_BUSY_MS = 5;

/** Returns a function that gives way to others if that is due; it is called after each slice. */
export function giveWay(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < MAX_BUSY_MS) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    since = performance.now();
  };
}

/** Filters items by a test that may take long. Gives way to others in between. */
export async function filterGivingWay<T>(items: T[], test: (item: T) => boolean): Promise<T[]> {
  const pause = giveWay();
  const found: T[] = [];
  for (const item of items) {
    if (test(item)) found.push(item);
    await pause();
  }
  return found;
}

/** Cuts items into arrays of a slice each. */
export function* slicesOf<T>(items: Iterable<T>): Generator<T[]> {
  let slice: T[] = [];
  for (const item of items) {
    if (slice.push(item) < SLICE) continue;
    yield slice;
    slice = [];
  }
  yield slice;
}

/**
 * Merges sorted arrays, of which only the first `limit` items together are needed.
 * @param pause called after each slice
 */
export async function mergeSorted<T>(
  lists: T[][],
  limit: number,
  compare: (a: T, b: T) => number,
  pause: () => Promise<void>,
): Promise<T[]> {
  const queue = [...lists];
  while (queue.length > 1) {
    const [a, b] = queue.splice(0, 2);
    const merged: T[] = [];
    for (let i = 0, j = 0; merged.length < limit && (i < a.length || j < b.length);) {
      merged.push(j >= b.length || (i < a.length && compare(a[i], b[j]) <= 0) ? a[i++] : b[j++]);
      if (merged.length % SLICE === 0) await pause();
    }
    queue.push(merged);
    await pause();
  }
  return queue[0]?.slice(0, limit) ?? [];
}
