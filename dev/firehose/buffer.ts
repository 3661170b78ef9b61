// Firehose buffers until a size or an interval is reached, whichever comes first, and joins records without a delimiter.

export interface BufferOptions {
  /** SizeInMBs of Firehose, in bytes. */
  readonly maxBytes: number;
  /** IntervalInSeconds of Firehose, in ms. */
  readonly intervalMs: number;
  /** Takes what was buffered; `arrivedMs` is when its oldest record came. */
  readonly onFull: (records: readonly Buffer[], arrivedMs: number) => void;
}

export class RecordBuffer {
  readonly #options: BufferOptions;
  #records: Buffer[] = [];
  #bytes = 0;
  #arrivedMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BufferOptions) {
    this.#options = options;
  }

  get records(): number {
    return this.#records.length;
  }

  add(records: readonly Buffer[]): void {
    for (const record of records) {
      if (this.#records.length === 0) {
        this.#arrivedMs = Date.now();
        this.#timer = setTimeout(() => this.flush(), this.#options.intervalMs);
      }
      this.#records.push(record);
      this.#bytes += record.length;
      if (this.#bytes >= this.#options.maxBytes) this.flush();
    }
  }

  flush(): void {
    clearTimeout(this.#timer);
    if (this.#records.length === 0) return;
    const records = this.#records;
    this.#records = [];
    this.#bytes = 0;
    this.#options.onFull(records, this.#arrivedMs);
  }
}
