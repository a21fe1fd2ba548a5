/**
 * Shows the progress of a long command on a terminal.
 *
 * @module
 */
import { write } from "./console.ts";

const INTERVAL_MS = 200;

/**
 * Writes a status line to standard error and keeps it up to date, if that is a terminal.
 *
 * @param text returns the current text of the line
 * @returns a function that writes the line a last time and ends it
 */
export function showProgress(text: () => string): () => Promise<void> {
  if (!Deno.stderr.isTerminal()) return () => Promise.resolve();
  const update = () => write(Deno.stderr, `\r${text()}\x1b[K`);
  const timer = setInterval(update, INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await update();
    await write(Deno.stderr, "\n");
  };
}
