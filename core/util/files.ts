/**
 * Files that are named in settings.
 *
 * @module
 */

/** @throws {Error} in one line that names the missing Deno permission, if that is the reason */
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
