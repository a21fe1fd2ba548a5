/**
 * Pictures that can be read on light and on dark ground.
 *
 * @module
 */

// Its own ground: a page may be dark where the reader's system is light.
const STYLE = `
.ground { fill: #ffffff }
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.head, .group { font-weight: 600 }
.note { font-size: 11px; fill: #59636e }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117 }
  text { fill: #f0f6fc }
  .note { fill: #9198a1 }
}`;

/** A picture as a whole. */
export interface Picture {
  width: number;
  height: number;
  /** What it shows, for those who cannot see it. */
  label: string;
  /** Rules for its own classes. */
  style: string;
}

/** Makes a picture of its parts. */
export function svg({ width, height, label, style }: Picture, parts: string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-label="${label}">\n<style>${STYLE}${style}\n</style>\n` +
    `<rect class="ground" width="${width}" height="${height}" rx="6"/>\n${parts.join("\n")}\n</svg>\n`;
}

/** Words; `x` and `y` are where they begin. */
export function text(x: number, y: number, kind: string, words: string): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text${kind ? ` class="${kind}"` : ""} x="${x.toFixed(0)}" y="${y}">${escaped}</text>`;
}
