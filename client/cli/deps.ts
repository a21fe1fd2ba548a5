/**
 * Modules from elsewhere that only the CLI needs, so that programs with a Producer or Consumer do not load them.
 *
 * @module
 */

// The prompt, with history and completion: built into Deno, and no further permission.
export { createInterface } from "node:readline";
export { stdin, stdout } from "node:process";
