import type { Execution } from './execution.ts';

/** Turns in the order in which they come, the head first. */
export class ReorderBuffer {
  #turns: (Execution | undefined)[] = [];
  #headAt = 0;

  get length(): number {
    return this.#turns.length - this.#headAt;
  }

  get head(): Execution | undefined {
    return this.#turns[this.#headAt];
  }

  push(turn: Execution): void {
    this.#turns.push(turn);
  }

  /** The head's turn goes on in another execution. */
  replaceHead(turn: Execution): void {
    this.#turns[this.#headAt] = turn;
  }

  shift(): void {
    this.#turns[this.#headAt++] = undefined;
    if (this.#headAt === this.#turns.length || this.#headAt > 1024) {
      this.#turns.splice(0, this.#headAt);
      this.#headAt = 0;
    }
  }

  /** Empties it; gives back what its turns hold. */
  clear(): void {
    for (const turn of this.#turns) turn?.cause.holding.release();
    this.#turns = [];
    this.#headAt = 0;
  }
}
