/** The queues that the load uses: enough to lie on every node of a Cluster. */
export const QUEUES: readonly string[] = Array.from({ length: 8 }, (_, i) => `load-${i}`);
