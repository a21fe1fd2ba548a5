/**
 * Shows progress on a terminal.
 *
 * @module
 */
const INTERVAL_MS = 200;
const BAR_WIDTH = 20;

const encoder = new TextEncoder();

/**
 * Keeps a status line on standard error up to date, if that is a terminal. Returns a function that writes it a last
 * time and ends it.
 */
export function showProgress(text: () => string): () => Promise<void> {
  if (!Deno.stderr.isTerminal()) return () => Promise.resolve();
  // The cursor returns to the first column, so that lines of others overwrite it.
  const show = async (end: string) => {
    await Deno.stderr.write(encoder.encode(`${text()}\x1b[K${end}`)).catch(() => {}); // the terminal may be closed
  };
  const timer = setInterval(() => show("\r"), INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await show("\r\n");
  };
}

/** Share, count, rate and time left of work on `total` events, of which `done` took `ms`. At most 80 columns or so. */
export function progressBar(done: number, total: number, ms: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const bar = "#".repeat(Math.floor(share * BAR_WIDTH)).padEnd(BAR_WIDTH, ".");
  const percent = `${Math.floor(share * 100)}`.padStart(3);
  const left = done === 0 ? "" : `, ${duration((total - done) * ms / done)} left`;
  return `[${bar}] ${percent} %  ${number(done)} of ${number(total)}, ${rate(done, ms)}${left}`;
}

/** As `41,000/s`. */
export function rate(count: number, ms: number): string {
  return `${number(ms > 0 ? Math.round(count * 1000 / ms) : 0)}/s`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
