/**
 * The text of `--help`.
 *
 * @module
 */
import { flagOf, variableOf } from "../config/flags.ts";
import type { Option } from "../config/option.ts";
import { OPTIONS } from "../config/settings.ts";
import { VERSION } from "../version.ts";

/**
 * How to use okq.
 * @param commands the rows of the command table
 * @param programs what `server.ts` does instead of serving, by its first argument
 */
export function helpText(
  commands: readonly { name: string; syntax: string; summary: string }[],
  programs: readonly { syntax: string; summary: string }[],
): string {
  const options = Object.entries<Option<unknown>>(OPTIONS).flatMap(([name, { value, help, fallback }]) => [
    `  --${flagOf(name)}${value === undefined ? "" : ` <${value}>`}`,
    `      ${help}${value === undefined || fallback === undefined ? "" : ` (default ${fallback})`}`,
  ]);
  const [example] = Object.keys(OPTIONS);
  return [
    `okq ${VERSION}, an at-least-once event queue server that speaks the Redis protocol`,
    "",
    "Instead of serving:",
    ...programs.flatMap(({ syntax, summary }) => [`  ${syntax}`, `      ${summary}`]),
    "",
    "Options:",
    ...options,
    "  --hash-password",
    "      Reads a password from standard input and shows the hash of it for a file",
    "  --version",
    "      Shows the version",
    "  -h, --help",
    "      Shows this text",
    "",
    `An option may also be given in the environment, --${flagOf(example)} as ${variableOf(example)}, where --allow-env`,
    "lets okq read it.",
    "",
    "Commands:",
    ...commands.flatMap(({ name, syntax, summary }) => [`  ${name} ${syntax}`.trimEnd(), `      ${summary}`]),
    "",
  ].join("\n");
}
