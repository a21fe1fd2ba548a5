/** @module */
/** x */
export async function writeReport(): Promise<void> {}
