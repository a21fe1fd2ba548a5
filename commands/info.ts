import { infoSections } from "./info/sections.ts";
import { word } from "./shared/arguments.ts";
import type { Command } from "./shared/command.ts";

const ALL = ["ALL", "EVERYTHING"];

export const info: Command = {
  name: "INFO",
  arity: [0, Infinity],
  role: "any",
  syntax: "[section ...]",
  summary: "Returns information about the server as lines of name:value",
  handle(client, argv) {
    const requested = argv.slice(1).map(word);
    const all = requested.some((name) => ALL.includes(name));
    const defaults = requested.length === 0 || requested.includes("DEFAULT");
    const sections = infoSections
      .filter(({ name, onDemand }) => all || defaults && !onDemand || requested.includes(name.toUpperCase()))
      .map(({ name, fields }) => {
        const result = fields(client);
        return result instanceof Promise
          ? result.then((fields) => sectionText(name, fields))
          : sectionText(name, result);
      });
    // No promise without need: the reply is then ready in the same tick.
    return sections.every((text) => typeof text === "string") ? sections.join("\r\n") : joinAll(sections);
  },
};

async function joinAll(sections: (string | Promise<string>)[]): Promise<string> {
  return (await Promise.all(sections)).join("\r\n");
}

function sectionText(name: string, fields: Record<string, string | number>): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}:${value}\r\n`);
  return `# ${name}\r\n${lines.join("")}`;
}
