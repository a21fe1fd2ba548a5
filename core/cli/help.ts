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
    `      ${variableOf(name)}, with --allow-env=${variableOf(name)}`,
  ]);
  return [
    `okq ${VERSION}, an at-least-once event queue server that speaks the Redis protocol`,
    "",
    "Subcommands, which run instead of the server:",
    ...programs.flatMap(({ syntax, summary }) => [`  ${syntax}`, `      ${summary}`]),
    "",
    "Options, each with its environment variable and the permission of deno run that this one needs:",
    ...options,
    "  --hash-password",
    "      Read a password from standard input and print its hash",
    "  --version",
    "      Print the version",
    "  -h, --help",
    "      Print this text",
    "",
    "A variable is read if no flag gives its option, and only with the permission beside it, with --allow-env=OKQ_* for",
    "all of them, or with --allow-env. With the last one a variable OKQ_… that is not listed here is refused.",
    "",
    "Commands:",
    ...commands.flatMap(({ name, syntax, summary }) => [`  ${name} ${syntax}`.trimEnd(), `      ${summary}`]),
    "",
  ].join("\n");
}
