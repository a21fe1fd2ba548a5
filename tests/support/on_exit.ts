/**
 * What must not outlive this process: children, mounts, folders.
 *
 * @module
 */
const cleanups = new Set<() => void>();
let listening = false;

/**
 * Has something done when this process ends, also by an error that nobody caught.
 * @param cleanup runs at once and to its end, so it waits for nothing
 * @returns takes it back
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
      // The others matter as much.
    }
  }
}
