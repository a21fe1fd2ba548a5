/**
 * Shows progress on a terminal.
 *
 * @module
 */
import { write } from "./console.ts";

const INTERVAL_MS = 200;

/**
 * Keeps a status line on standard error up to date, if that is a terminal. Returns a function that writes it a last
 * time and ends it.
 */
export function showProgress(text: () => string): () => Promise<void> {
  if (!Deno.stderr.isTerminal()) return () => Promise.resolve();
  // The cursor returns to the first column, so that lines of others overwrite it.
  const update = () => write(Deno.stderr, `${text()}\x1b[K\r`);
  const timer = setInterval(update, INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await update();
    await write(Deno.stderr, "\n");
  };
}
