// The same stateless work for the engine and for its peer: keep nine of ten records, change one byte of each.
export const keep = (value: Buffer | null): boolean => value !== null && value[0] !== 0x30;

export function change(value: Buffer | null): Buffer | null {
  if (value === null) return null;
  const changed = Buffer.from(value);
  changed[0] = 0x2a;
  return changed;
}

/** Measures from the first record past the warm-up to the moment at which all are committed. */
export class Stopwatch {
  readonly #warmUp: number;
  #records = 0;
  #startedMs = 0;
  #before = process.cpuUsage();

  constructor(warmUp: number) {
    this.#warmUp = warmUp;
  }

  /** Called for every record, whether it is kept or not. */
  record(): void {
    if (++this.#records !== this.#warmUp) return;
    this.#startedMs = performance.now();
    this.#before = process.cpuUsage();
  }

  get records(): number {
    return this.#records;
  }

  report(): void {
    const { user, system } = process.cpuUsage(this.#before);
    const seconds = (performance.now() - this.#startedMs) / 1000;
    const records = this.#records - this.#warmUp;
    const line = {
      msg: 'done',
      records,
      seconds,
      cpuUs: user + system,
      residentBytes: process.memoryUsage.rss(),
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

export function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
}
