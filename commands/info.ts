import { infoSections } from "./info_sections.ts";
import { word } from "./arguments.ts";
import type { Command } from "./types.ts";

const EVERY_SECTION = ["ALL", "DEFAULT", "EVERYTHING"];

/** Shows the server in the form that Redis has for it. */
export const info: Command = {
  name: "INFO",
  arity: [0, Infinity],
  role: "any",
  syntax: "[section ...]",
  summary: "Shows what is known of the server, as text with a name and a value a line",
  handle(client, argv) {
    const asked = argv.slice(1).map(word);
    const all = asked.length === 0 || asked.some((name) => EVERY_SECTION.includes(name));
    return infoSections
      .filter(({ name }) => all || asked.includes(name.toUpperCase()))
      .map(({ name, fields }) => `# ${name}\r\n` + lines(fields(client.okq)))
      .join("\r\n");
  },
};

function lines(fields: Record<string, string | number>): string {
  return Object.entries(fields).map(([name, value]) => `${name}:${value}\r\n`).join("");
}
