/**
 * SVG charts for light and dark pages.
 *
 * @module
 */

// A background of its own: the page may be light where the reader's system is dark.
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

export interface Frame {
  width: number;
  height: number;
  /** Text for screen readers. */
  label: string;
  /** CSS rules for the chart's own classes. */
  style: string;
}

export function svg({ width, height, label, style }: Frame, parts: string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `role="img" aria-label="${label}">\n<style>${STYLE}${style}\n</style>\n` +
    `<rect class="ground" width="${width}" height="${height}" rx="6"/>\n${parts.join("\n")}\n</svg>\n`;
}

/** The text starts at `x` on the baseline `y`. */
export function text(x: number, y: number, cssClass: string, words: string): string {
  const escaped = words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text${cssClass ? ` class="${cssClass}"` : ""} x="${x.toFixed(0)}" y="${y}">${escaped}</text>`;
}
