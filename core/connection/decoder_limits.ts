/**
 * Limits of a connection's decoder before and after login.
 *
 * @module
 */
import type { DecoderOptions } from "../../resp/decode.ts";
import { countLimit, lengthLimit } from "../../resp/header.ts";
import { MAX_ID_BYTES } from "../../store/limits.ts";
import type { Settings } from "../config/settings.ts";

/** Arguments of a command before login, as in Redis. */
export const MAX_UNAUTHENTICATED_ARGUMENTS = 10;

/** Bytes of each of them, as in Redis. */
export const MAX_UNAUTHENTICATED_ARGUMENT_BYTES = 16_384;

export interface DecoderLimits {
  /** For a client that must log in first. */
  unauthenticated: DecoderOptions;
  authenticated: DecoderOptions;
}

export function decoderLimits({ maxEventBytes, maxArguments, maxInlineBytes }: Settings): DecoderLimits {
  return {
    unauthenticated: {
      maxBulkBytes: MAX_UNAUTHENTICATED_ARGUMENT_BYTES,
      count: countLimit(MAX_UNAUTHENTICATED_ARGUMENTS, "unauthenticated multibulk length"),
      length: lengthLimit(MAX_UNAUTHENTICATED_ARGUMENT_BYTES, "unauthenticated bulk length"),
      maxInlineBytes: MAX_UNAUTHENTICATED_ARGUMENT_BYTES,
    },
    authenticated: {
      maxBulkBytes: Math.max(maxEventBytes, MAX_ID_BYTES),
      count: countLimit(maxArguments),
      maxInlineBytes,
    },
  };
}
