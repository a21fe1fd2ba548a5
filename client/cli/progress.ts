/**
 * A line on a terminal that says how far a long command has come.
 *
 * @module
 */
import { write } from "./console.ts";

/** How often the line is written, in milliseconds. */
const EVERY_MS = 200;

/**
 * Shows a line on standard error, again and again, if that is a terminal.
 *
 * @param text what the line says now
 * @returns shows it a last time and ends it
 */
export function showProgress(text: () => string): () => Promise<void> {
  if (!Deno.stderr.isTerminal()) return () => Promise.resolve();
  const show = () => write(Deno.stderr, `\r${text()}\x1b[K`);
  const timer = setInterval(show, EVERY_MS);
  return async () => {
    clearInterval(timer);
    await show();
    await write(Deno.stderr, "\n");
  };
}
