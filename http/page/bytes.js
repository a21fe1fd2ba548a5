/**
 * Names, ids and contents are bytes. okq sends them as text with one character for each byte, and takes them so.
 *
 * @module
 */

/** What steers a screen or hides: control and format characters, and what ends a line. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** The bytes of what a person wrote. */
export function ofText(text) {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** The text that the bytes are, or undefined if they are not UTF-8. */
export function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(arrayOf(bytes));
  } catch {
    return undefined;
  }
}

/** The bytes for people, on one line. */
export function shown(bytes) {
  return seen(textOf(bytes) ?? bytes.replaceAll(/[\x80-\xff]/g, hexEscape));
}

/** Contents for people, with their lines. */
export function shownLines(bytes) {
  return (textOf(bytes) ?? bytes.replaceAll(/[\x80-\xff]/g, hexEscape)).split("\n").map(withTabs).join("\n");
}

/** Contents as JSON with one value on a line, or undefined if they are none. Numbers and texts stay as they are. */
export function shownJson(bytes) {
  const text = textOf(bytes);
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  let [lines, indent] = ["", "\n"];
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|[{[]\s*[}\]]|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === "{" || token === "[") lines += token + (indent += "  ");
    else if (token === "}" || token === "]") lines += (indent = indent.slice(0, -2)) + token;
    else if (token === ",") lines += token + indent;
    else lines += token === ":" ? ": " : seen(token);
  }
  return lines;
}

/** Contents as a table of numbers. */
export function shownHex(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.slice(at, at + 16)];
    const hex = row.map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join(" ");
    const ascii = row.map((byte) => byte >= " " && byte <= "~" ? byte : ".").join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${ascii}`);
  }
  return lines.join("\n");
}

function arrayOf(bytes) {
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}

function withTabs(line) {
  return line.split("\t").map(seen).join("\t");
}

function seen(text) {
  return text.replaceAll(UNSEEN, (character) => {
    const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
    return short ?? (character <= "\xff" ? hexEscape(character) : `\\u{${character.codePointAt(0).toString(16)}}`);
  });
}

function hexEscape(character) {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
