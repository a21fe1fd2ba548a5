/**
 * The text format of Prometheus.
 *
 * @module
 */
import type { Histogram } from "../../core/metrics/histogram.ts";

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export type Labels = Record<string, string>;

/** For labels that many samples share. */
export function labelsText(labels: Labels): string {
  const shown = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`).join(",");
  return shown === "" ? "" : `{${shown}}`;
}

export class MetricsText {
  #lines: string[] = [];

  get text(): string {
    return this.#lines.join("\n") + "\n";
  }

  gauge(name: string, help: string, ...samples: [value: number, labels?: Labels | string][]): void {
    this.#add(name, "gauge", help, samples);
  }

  /** By convention the name ends in `_total`. */
  counter(name: string, help: string, ...samples: [value: number, labels?: Labels | string][]): void {
    this.#add(name, "counter", help, samples);
  }

  /** @param scale factor from the unit of the values to the unit of the name */
  histogram(name: string, help: string, scale: number, ...samples: [value: Histogram, labels?: Labels][]): void {
    if (samples.length === 0) return;
    this.#head(name, "histogram", help);
    for (const [{ bounds, counts, sum }, labels] of samples) {
      let count = 0;
      for (const [i, bound] of [...bounds, Infinity].entries()) {
        count += counts[i];
        const le = bound === Infinity ? "+Inf" : String(bound * scale);
        this.#sample(`${name}_bucket`, count, { ...labels, le });
      }
      this.#sample(`${name}_sum`, sum * scale, labels);
      this.#sample(`${name}_count`, count, labels);
    }
  }

  #add(name: string, type: string, help: string, samples: [value: number, labels?: Labels | string][]): void {
    if (samples.length === 0) return;
    this.#head(name, type, help);
    for (const [value, labels] of samples) this.#sample(name, value, labels);
  }

  #head(name: string, type: string, help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  #sample(name: string, value: number, labels: Labels | string = ""): void {
    this.#lines.push(`${name}${typeof labels === "string" ? labels : labelsText(labels)} ${value}`);
  }
}

function escape(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => character === "\n" ? "\\n" : `\\${character}`);
}
