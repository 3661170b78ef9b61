/** Keeps work within a number of bytes and of pieces; one piece may always proceed, however large. Used in order. */
export class InFlight {
  readonly #maxBytes: number;
  readonly #maxPieces: number;
  #bytes = 0;
  #pieces = 0;
  #wake: (() => void) | undefined;

  constructor(maxBytes: number, maxPieces: number) {
    this.#maxBytes = maxBytes;
    this.#maxPieces = maxPieces;
  }

  /** Waits for room, takes it, and returns what gives it back. One caller waits at a time. */
  async enter(bytes: number): Promise<() => void> {
    while (this.#pieces > 0 && (this.#bytes + bytes > this.#maxBytes || this.#pieces >= this.#maxPieces)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#bytes += bytes;
    this.#pieces += 1;
    return () => {
      this.#bytes -= bytes;
      this.#pieces -= 1;
      this.#wake?.();
    };
  }
}
