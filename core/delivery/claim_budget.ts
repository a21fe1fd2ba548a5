/**
 * Bounds the memory for contents that claims bring from the store and that are not sent yet, of all clients together.
 *
 * A claim may bring half of what is left, up to `--max-claim-bytes`. When nothing is left, it still brings a few small
 * events or one large one, so that clients which do not read their replies cannot keep others from claiming.
 *
 * @module
 */

/** In bytes; more if two claims would not fit. */
const MAX_BYTES = 64 * 1024 * 1024;
/** What every claim may bring, in bytes. */
const MIN_SHARE = 64 * 1024;

export class ClaimBudget {
  readonly #maxClaimBytes: number;
  #left: number;

  constructor(maxClaimBytes: number) {
    this.#maxClaimBytes = maxClaimBytes;
    this.#left = Math.max(MAX_BYTES, 2 * maxClaimBytes);
  }

  /** The bytes that the next claim may bring. */
  get share(): number {
    return Math.min(this.#maxClaimBytes, Math.max(MIN_SHARE, Math.floor(this.#left / 2)));
  }

  take(bytes: number): void {
    this.#left -= bytes;
  }

  free(bytes: number): void {
    this.#left += bytes;
  }
}
