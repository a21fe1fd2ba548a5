/**
 * The line of a group in memory.
 *
 * @module
 */

/** What makes a turn that is gone of one that is there: less than the distance of two. */
const GONE = 0.5;

/** Fewer turns that are gone may stay in memory. */
const MIN_GONE = 32;

/** The turns of the blocked events of a group in memory, the greatest first: whole numbers, eight bytes each. */
export class Line {
  /** In descending order. One that is gone is {@linkcode GONE} greater than it was; the first and the last are there. */
  #turns: number[] = [];
  /** Index of the first. */
  #begin = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Undefined if the line is empty. */
  get first(): number | undefined {
    return this.#turns[this.#begin];
  }

  /** The turn must not be there yet. */
  add(turn: number): void {
    const turns = this.#turns;
    if (this.#begin === turns.length || turn < turns[turns.length - 1]) turns.push(turn);
    else if (turn > turns[this.#begin]) {
      if (this.#begin === 0) this.#makeRoom();
      this.#turns[--this.#begin] = turn;
    } else {
      const index = this.#indexOf(turn);
      turns.splice(index, turns[index] === turn + GONE ? 1 : 0, turn);
    }
    this.#size++;
  }

  /** The turn must be there. */
  delete(turn: number): void {
    const turns = this.#turns;
    this.#size--;
    if (turn === turns[this.#begin]) {
      do this.#begin++; while (!Number.isInteger(turns[this.#begin] ?? 0));
    } else if (turn === turns[turns.length - 1]) {
      do turns.pop(); while (!Number.isInteger(turns[turns.length - 1]));
    } else turns[this.#indexOf(turn)] = turn + GONE;
    if (turns.length > 2 * this.#size + MIN_GONE) this.#compact();
  }

  /** The first index whose turn is not greater than another. */
  #indexOf(turn: number): number {
    let low = this.#begin;
    let high = this.#turns.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#turns[middle] >= turn + 1) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** In front of the first, for as many as there are. */
  #makeRoom(): void {
    const room = this.#turns.length;
    this.#turns = new Array<number>(room).fill(Infinity).concat(this.#turns);
    this.#begin = room;
  }

  #compact(): void {
    this.#turns = this.#turns.slice(this.#begin).filter(Number.isInteger);
    this.#begin = 0;
  }
}
