import { infoSections } from "./info/sections.ts";
import { word } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

const ALL = ["ALL", "EVERYTHING"];

/** Shows the server in the form that Redis has for it. */
export const info: Command = {
  name: "INFO",
  arity: [0, Infinity],
  role: "any",
  syntax: "[section ...]",
  summary: "Shows what is known of the server, as text with a name and a value a line",
  handle(client, argv) {
    const asked = argv.slice(1).map(word);
    const all = asked.some((name) => ALL.includes(name));
    const usual = asked.length === 0 || asked.includes("DEFAULT");
    const shown = infoSections
      .filter(({ name, onDemand }) => all || usual && !onDemand || asked.includes(name.toUpperCase()))
      .map(({ name, fields }) => {
        const found = fields(client);
        return found instanceof Promise ? found.then((fields) => section(name, fields)) : section(name, found);
      });
    return shown.every((text) => typeof text === "string") ? shown.join("\r\n") : together(shown);
  },
};

async function together(sections: (string | Promise<string>)[]): Promise<string> {
  return (await Promise.all(sections)).join("\r\n");
}

function section(name: string, fields: Record<string, string | number>): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}:${value}\r\n`);
  return `# ${name}\r\n${lines.join("")}`;
}
