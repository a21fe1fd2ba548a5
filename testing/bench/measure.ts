/**
 * What a measure is.
 *
 * @module
 */
import type { LoadClient } from "./load/load.ts";

/** A line of results. */
export type Row = Record<string, string | number | null>;

/** A column of a table of results. */
export interface Column {
  /** Its heading. */
  title: string;
  /** What stands in it. */
  show(row: Row): string;
}

/** What a measure has to work with. */
export interface Context {
  /** Everything, rather than what takes a minute. */
  full: boolean;
  /** How often each comparison is made. */
  rounds: number;
  /** The folder of another version of okq, for a measure that compares versions. */
  against?: string;
  /** The client. */
  client: LoadClient;
  /** Tells people how far it is. */
  note(text: string): void;
}

/** Something to measure. */
export interface Measure {
  /** What `--only` calls it. */
  name: string;
  /** The heading of its results. */
  title: string;
  /** What its results say, and how they were got. */
  about: string;
  /** The columns of its results. */
  columns: Column[];
  /** Whether it is left out of the quick run. */
  slow?: boolean;
  /** Whether it compares versions: it is made if `--against` names one, and not otherwise. */
  comparesVersions?: boolean;
  /** Measures. */
  run(context: Context): Promise<Row[]>;
}

/** A column that shows a field as it is; nothing where there is none. */
export function column(title: string, field: string = title): Column {
  return { title, show: (row) => typeof row[field] === "number" ? grouped(row[field]) : `${row[field] ?? ""}` };
}

/** A column that shows a ratio and how far the rounds lay apart. */
export function ratioColumn(title: string, field = "ratio"): Column {
  return {
    title,
    show: (row) => {
      if (row[field] === null || row[field] === undefined) return "";
      const low = row[`${field}Low`], high = row[`${field}High`];
      const spread = low === undefined || low === high ? "" : ` (${decimals(low)}–${decimals(high)})`;
      return `**${decimals(row[field])}**${spread}`;
    },
  };
}

function decimals(value: string | number | null): string {
  return Number(value).toFixed(2);
}

/** A number as people write it: 12,345. */
export function grouped(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 2 });
}
