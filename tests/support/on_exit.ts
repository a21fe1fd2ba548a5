/**
 * Cleans up children, mounts and folders when this process exits.
 *
 * @module
 */
const cleanups = new Set<() => void>();
let listening = false;

/**
 * Calls a function when this process exits, also by an uncaught error.
 * @param cleanup must be synchronous
 * @returns cancels the call
 */
export function onExit(cleanup: () => void): () => void {
  if (!listening) globalThis.addEventListener("unload", runAll);
  listening = true;
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

function runAll(): void {
  for (const cleanup of [...cleanups].reverse()) {
    try {
      cleanup();
    } catch {
      // The other functions must run too.
    }
  }
}
