/**
 * Bytes and their display. Names, ids and contents are text with one character per byte, as okq sends and receives them.
 *
 * @module
 */

/** These would be invisible or change what is displayed: control and format characters, line separators. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

export function fromText(text) {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** undefined if the bytes are not valid UTF-8. */
export function toText(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(toArray(bytes));
  } catch {
    return undefined;
  }
}

/** In one line. */
export function display(bytes) {
  return escapeInvisible(toText(bytes) ?? bytes.replaceAll(/[\x80-\xff]/g, hexEscape));
}

/** With line breaks and tabs. */
export function displayText(bytes) {
  return (toText(bytes) ?? bytes.replaceAll(/[\x80-\xff]/g, hexEscape)).split("\n").map(escapeLine).join("\n");
}

/** Indented JSON, numbers and strings as they are; undefined if the bytes are not JSON. */
export function displayJson(bytes) {
  const text = toText(bytes);
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
    else lines += token === ":" ? ": " : escapeInvisible(token);
  }
  return lines;
}

export function displayHex(bytes) {
  const lines = [];
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const line = [...bytes.slice(offset, offset + 16)];
    const hex = line.map((byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join(" ");
    const ascii = line.map((byte) => byte >= " " && byte <= "~" ? byte : ".").join("");
    lines.push(`${offset.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${ascii}`);
  }
  return lines.join("\n");
}

function toArray(bytes) {
  return Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
}

function escapeLine(line) {
  return line.split("\t").map(escapeInvisible).join("\t");
}

function escapeInvisible(text) {
  return text.replaceAll(INVISIBLE, (character) => {
    const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
    return short ?? (character <= "\xff" ? hexEscape(character) : `\\u{${character.codePointAt(0).toString(16)}}`);
  });
}

function hexEscape(character) {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
