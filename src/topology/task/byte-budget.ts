/** Something that waits for room; `mayOverdraw` is asked again each time room or turns change. */
interface Waiter {
  readonly bytes: number;
  readonly mayOverdraw: () => boolean;
  readonly grant: (overdraws: boolean) => void;
}

/** What one record holds at present; lives from its intake to its turn. */
export class Holding {
  readonly #budget: ByteBudget;
  #input: number;
  #extra = 0;
  #overdraws = false;
  #released = false;

  constructor(budget: ByteBudget, inputBytes: number) {
    this.#budget = budget;
    this.#input = inputBytes;
    budget.add(inputBytes);
  }

  get bytes(): number {
    return this.#input + this.#extra;
  }

  /** Sets what is held beyond the input: the size of the current value. Never waits, since the bytes exist already. */
  setExtra(bytes: number): void {
    if (this.#released) return; // the task was lost while the work ended
    this.#budget.add(bytes - this.#extra);
    this.#extra = bytes;
  }

  /** Waits for room for `bytes` beyond the input. A record at the head of its task (`mayOverdraw`) cannot be kept waiting for ever. */
  async reserve(bytes: number, mayOverdraw: () => boolean, signal: AbortSignal): Promise<void> {
    const more = bytes - this.#extra;
    if (more <= 0 || this.#released) return;
    const overdraws = await this.#budget.waitFor(more, mayOverdraw, signal, this.#overdraws);
    this.#overdraws = overdraws;
    this.#extra += more;
    if (this.#released) this.#giveBack();
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#giveBack();
  }

  #giveBack(): void {
    const { bytes } = this;
    this.#input = 0;
    this.#extra = 0;
    this.#budget.add(-bytes);
    if (this.#overdraws) this.#budget.endOverdraft();
    this.#overdraws = false;
  }
}

/**
 * The bytes that all records of this process hold from intake to turn. Intake is stopped above the limit by the caller;
 * work that is about to hold more waits here, oldest first. One record at a time, at the head of its task, may go
 * beyond the limit: it is the one that all later ones wait for, so the budget cannot deadlock.
 */
export class ByteBudget {
  readonly limitBytes: number;
  #used = 0;
  #overdraft = false;
  #waiters: Waiter[] = [];

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  hold(inputBytes: number): Holding {
    return new Holding(this, inputBytes);
  }

  add(bytes: number): void {
    this.#used += bytes;
    if (bytes < 0) this.poke();
  }

  endOverdraft(): void {
    this.#overdraft = false;
    this.poke();
  }

  /** Takes `bytes`, at once or when there is room. Resolves to whether they overdraw the budget. */
  waitFor(
    bytes: number,
    mayOverdraw: () => boolean,
    signal: AbortSignal,
    overdrawsAlready: boolean,
  ): Promise<boolean> {
    if (overdrawsAlready || (this.#waiters.length === 0 && this.#used + bytes <= this.limitBytes)) {
      this.#used += bytes;
      return Promise.resolve(overdrawsAlready);
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters = this.#waiters.filter((w) => w !== waiter);
        reject(signal.reason);
        this.poke();
      };
      const waiter: Waiter = {
        bytes,
        mayOverdraw,
        grant: (overdraws) => {
          signal.removeEventListener('abort', onAbort);
          this.#used += bytes;
          resolve(overdraws);
        },
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
      this.poke();
    });
  }

  /** Grants what can be granted now: call it when bytes are given back and when another record became the head. */
  poke(): void {
    for (
      let first = this.#waiters[0];
      first && this.#used + first.bytes <= this.limitBytes;
      first = this.#waiters[0]
    ) {
      this.#waiters.shift();
      first.grant(false);
    }
    if (this.#overdraft) return;
    const at = this.#waiters.findIndex((w) => w.mayOverdraw());
    const [head] = at < 0 ? [] : this.#waiters.splice(at, 1);
    if (!head) return;
    this.#overdraft = true;
    head.grant(true);
  }
}
