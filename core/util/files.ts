/**
 * Files that settings name.
 *
 * @module
 */

/** The text of a file. @throws {Error} in one line that says what to do if it may not be read */
export async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotCapable
      ? `start Deno with --allow-read=${path}`
      : error instanceof Error
      ? error.message
      : error;
    throw new Error(`Cannot read ${path}: ${reason}`, { cause: error });
  }
}
