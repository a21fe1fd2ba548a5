/**
 * What a decoder is told.
 *
 * @module
 */
import type { HeaderKind } from "./header.ts";

/** What a decoder accepts. */
export interface DecoderOptions {
  /** Size in bytes of the largest argument that is kept; larger ones are swallowed and become `OVERSIZED`. */
  readonly maxBulkBytes: number;
  /** How many arguments a command may have; by default `COUNT`. */
  readonly count?: HeaderKind;
  /** How long an argument may be that is swallowed; by default `LENGTH`. */
  readonly length?: HeaderKind;
  /** How many bytes an inline command may have, by default 64 KiB. */
  readonly maxInlineBytes?: number;
}
