/**
 * Bytes and their display. On the page names, ids and contents are text with one character per byte. okq sends and
 * receives them as JSON strings if they are UTF-8, else as base64.
 *
 * @module
 */

/**
 * These would be invisible or change what is displayed: control and format characters, line separators. Those that join
 * emojis, or make one of a symbol, are seen.
 */
const EMOJI = "\\p{ExtPict}\\ufe0f?\\p{EMod}?";
const HIDDEN = new RegExp(
  `(?!(?<=\\p{ExtPict})\\ufe0f|(?<=${EMOJI})\\u200d(?=\\p{ExtPict}))[\\p{C}\\p{DI}\\p{Zl}\\p{Zp}]`,
  "gu",
);

/** Text of which spaces would not be seen, or that is empty, or that looks as if it was quoted. */
const UNCLEAR = /^$|^\s|\s$|\s\s|^".*"$/su;

const SHORT_ESCAPES = { "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\" };

export function fromText(text) {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/**
 * undefined if the bytes are not valid UTF-8.
 * @param isCut leave out an incomplete character at the end
 */
export function toText(bytes, isCut = false) {
  const array = Uint8Array.from(bytes, (byte) => byte.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(array, { stream: isCut });
  } catch {
    return undefined;
  }
}

/** In one line; quoted and escaped if it is blank or not UTF-8, or if some of it would not be seen. */
export function display(bytes) {
  const text = toText(bytes);
  if (text === undefined) {
    return `"${bytes.replaceAll(/[^ !#-[\]-~]/g, (byte) => SHORT_ESCAPES[byte] ?? hexEscape(byte))}"`;
  }
  if (text.search(HIDDEN) < 0 && !UNCLEAR.test(text)) return text;
  return `"${text.replaceAll(/[\p{C}\p{DI}"\\]|(?! )\p{Z}/gu, escape)}"`;
}

/** Reads what {@linkcode display} returns. @throws {Error} for an unknown escape */
export function fromDisplay(text) {
  const [, quoted] = /^"(.*)"$/s.exec(text) ?? [];
  if (quoted === undefined) return fromText(text);
  const parts = quoted.match(/\\x[\da-f]{2}|\\u\{[\da-f]{1,6}\}|\\.?|[^\\]+/gis) ?? [];
  return parts.map((part) => {
    if (part[0] !== "\\") return fromText(part);
    const code = parseInt(part.slice(2).replace("{", ""), 16);
    if (part[1] === "x" && part.length === 4) return String.fromCharCode(code);
    if (part[1] === "u" && code <= 0x10ffff) return fromText(String.fromCodePoint(code));
    const [character] = Object.entries(SHORT_ESCAPES).find(([, escape]) => escape === part) ?? [];
    if (character === undefined) throw new Error(`Unknown escape ${part} in a quoted text: write a backslash as \\\\`);
    return character;
  }).join("");
}

/** Reads what may be typed as it is shown, quoted too; a quoted text with a mistake is text. */
export function fromTyped(text) {
  try {
    return fromDisplay(text);
  } catch {
    return fromText(text);
  }
}

/** With line breaks and tabs. @param isCut as for {@linkcode toText} */
export function displayText(bytes, isCut = false) {
  const text = toText(bytes, isCut) ?? bytes.replaceAll(/[\x80-\xff]/g, hexEscape);
  return text.replaceAll(
    HIDDEN,
    (character) => character === "\n" || character === "\t" ? character : escape(character),
  );
}

/** For the address of a page, in which `:` and `/` can be read. */
export function toUrl(bytes) {
  return bytes.replaceAll(/[^\w\-.~:/]/g, (byte) => `%${hexOf(byte)}`);
}

/** For a part of a path or query of a request. */
export function toRequest(bytes) {
  return bytes.replaceAll(/[^\w\-.~]/g, (byte) => `%${hexOf(byte)}`);
}

/** For a body of a request, before it is made JSON. */
export function toJson(bytes) {
  return toText(bytes) ?? { base64: btoa(bytes) };
}

/** Reads the JSON of a reply. All its strings become bytes. */
export function fromJson(json) {
  return JSON.parse(json, (_name, value) => {
    if (typeof value === "string") return fromText(value);
    return typeof value?.base64 === "string" ? atob(value.base64) : value;
  });
}

/** Reads what {@linkcode toUrl} returns, and UTF-8 that is not encoded. */
export function fromUrl(text) {
  return fromText(text).replaceAll(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
}

/** A glob pattern of what contains a text; letters of ASCII match in either case. */
export function containing(text) {
  const pattern = text.replaceAll(/[*?[\]\\]/g, "\\$&");
  return `*${pattern.replaceAll(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`)}*`;
}

/** Indented JSON, numbers and strings as they are. @throws {Error} why it is not JSON */
export function displayJson(bytes) {
  const text = toText(bytes);
  if (text === undefined) throw new Error("not UTF-8");
  JSON.parse(text);
  let [lines, indent] = ["", "\n"];
  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|[{[]\s*[}\]]|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === "{" || token === "[") lines += token + (indent += "  ");
    else if (token === "}" || token === "]") lines += (indent = indent.slice(0, -2)) + token;
    else if (token === ",") lines += token + indent;
    else lines += token === ":" ? ": " : token.replaceAll(HIDDEN, escape);
  }
  return lines;
}

export function displayHex(bytes) {
  const lines = [];
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const line = [...bytes.slice(offset, offset + 16)];
    const hex = line.map(hexOf).join(" ");
    const ascii = line.map((byte) => byte >= " " && byte <= "~" ? byte : ".").join("");
    lines.push(`${offset.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${ascii}`);
  }
  return lines.join("\n");
}

function escape(character) {
  if (character in SHORT_ESCAPES) return SHORT_ESCAPES[character];
  return character < "\x80" ? hexEscape(character) : `\\u{${character.codePointAt(0).toString(16)}}`;
}

function hexEscape(byte) {
  return `\\x${hexOf(byte)}`;
}

function hexOf(byte) {
  return byte.charCodeAt(0).toString(16).padStart(2, "0");
}
