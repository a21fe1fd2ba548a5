/**
 * What the decoder of a connection accepts.
 *
 * @module
 */
import type { DecoderOptions } from "../../resp/decoder_options.ts";
import { countOfAtMost, lengthOfAtMost } from "../../resp/header.ts";
import type { Settings } from "../config/settings.ts";

/** Arguments of this many bytes are kept however short the contents of events must be: the longest name or id. */
const MIN_ARGUMENT_BYTES = 1024;

/** Arguments of a command of a client that has not said who it is, as in Redis. */
export const MAX_UNAUTHENTICATED_ARGUMENTS = 10;

/** Bytes of each, as in Redis. */
export const MAX_UNAUTHENTICATED_ARGUMENT_BYTES = 16_384;

/** What is accepted of clients, by whether it is known who they are. */
export interface DecoderLimits {
  /** Of one that has not said who it is, although it must. */
  unauthenticated: DecoderOptions;
  /** Of all others. */
  authenticated: DecoderOptions;
}

/** What these settings accept. */
export function decoderLimits({ maxEventBytes, maxArguments, maxInlineBytes }: Settings): DecoderLimits {
  return {
    unauthenticated: {
      maxBulkBytes: MAX_UNAUTHENTICATED_ARGUMENT_BYTES,
      count: countOfAtMost(MAX_UNAUTHENTICATED_ARGUMENTS, "unauthenticated multibulk length"),
      length: lengthOfAtMost(MAX_UNAUTHENTICATED_ARGUMENT_BYTES, "unauthenticated bulk length"),
      maxInlineBytes: MAX_UNAUTHENTICATED_ARGUMENT_BYTES,
    },
    authenticated: {
      maxBulkBytes: Math.max(maxEventBytes, MIN_ARGUMENT_BYTES),
      count: countOfAtMost(maxArguments),
      maxInlineBytes,
    },
  };
}
