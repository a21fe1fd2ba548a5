/**
 * The text of `--help`.
 *
 * @module
 */
import { flagOf, variableOf } from "../config/flags.ts";
import type { Option } from "../config/option.ts";
import { OPTIONS } from "../config/settings.ts";
import { VERSION } from "../version.ts";

/** @param programs subcommands of the command line, such as `store check` */
export function helpText(
  commands: readonly { name: string; syntax: string; summary: string }[],
  programs: readonly { syntax: string; summary: string }[],
): string {
  const options = Object.entries<Option<unknown>>(OPTIONS).flatMap(([name, { placeholder, help, fallback }]) => [
    `  --${flagOf(name)}${placeholder === undefined ? "" : ` <${placeholder}>`}`,
    `      ${help}${placeholder === undefined || fallback === undefined ? "" : ` (default ${fallback})`}`,
  ]);
  const [example] = Object.keys(OPTIONS);
  return [
    `okq ${VERSION}, an at-least-once event queue server that speaks the Redis protocol`,
    "",
    "Subcommands, which run instead of the server:",
    ...programs.flatMap(({ syntax, summary }) => [`  ${syntax}`, `      ${summary}`]),
    "",
    "Options:",
    ...options,
    "  --hash-password",
    "      Read a password from standard input and print its hash",
    "  --version",
    "      Print the version",
    "  -h, --help",
    "      Print this text",
    "",
    `With --allow-env options are also read from the environment: --${flagOf(example)} from ${variableOf(example)}.`,
    "",
    "Commands:",
    ...commands.flatMap(({ name, syntax, summary }) => [`  ${name} ${syntax}`.trimEnd(), `      ${summary}`]),
    "",
  ].join("\n");
}
