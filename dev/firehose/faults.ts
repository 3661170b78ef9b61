// What is to go wrong, when, and how often: scripted over the control endpoint.

/** When a fault holds; without any of these: always, until it is taken away. */
interface When {
  /** Begins so long after it was set, ms. */
  readonly afterMs?: number;
  /** Ends so long after it began, ms. */
  readonly forMs?: number;
  /** Lets so many pass first that it would strike. */
  readonly skip?: number;
  /** Ends when it has struck so often. */
  readonly times?: number;
}

/** Share of what it may strike that it strikes, 0 to 1; 1 by default. */
interface Share {
  readonly rate?: number;
}

export type Fault = When &
  (
    | (Share & {
        /** The whole request is refused. */
        readonly fault: 'request-error';
        readonly error:
          | 'ServiceUnavailableException'
          | 'InternalFailure'
          | 'ThrottlingException'
          | 'LimitExceededException';
      })
    /** Records of a batch are refused, the others accepted. */
    | (Share & { readonly fault: 'record-error' })
    /** The same by their place: `.` accepts and `x` refuses, repeated over the records of every batch. */
    | { readonly fault: 'record-error'; readonly pattern: string }
    /** All is accepted, and the connection is cut before the answer. */
    | (Share & { readonly fault: 'cut-after-acceptance' })
    /** COPY fails. */
    | (Share & { readonly fault: 'copy-error' })
    /** COPY succeeds, is taken to have failed, and is done again: at least once. */
    | (Share & { readonly fault: 'copy-repeated' })
  );

export type FaultKind = Fault['fault'];

const KINDS: readonly string[] = [
  'request-error',
  'record-error',
  'cut-after-acceptance',
  'copy-error',
  'copy-repeated',
] satisfies readonly FaultKind[];
const REQUEST_ERRORS: readonly unknown[] = [
  'ServiceUnavailableException',
  'InternalFailure',
  'ThrottlingException',
  'LimitExceededException',
];

/** Reads a script; a mistake is told in the message. */
export function parseFaults(script: unknown): Fault[] {
  if (!Array.isArray(script))
    throw new TypeError('faults are a list, as in [{"fault":"record-error","rate":0.5}]');
  return script.map((entry: unknown, index) => {
    if (isFault(entry)) return entry;
    throw new TypeError(
      `fault ${index} is not understood: ${JSON.stringify(entry)}; allowed are ${KINDS.join(', ')}, ` +
        'rate from 0 to 1, pattern of "." and "x", and afterMs, forMs, skip, times from 0 on',
    );
  });
}

function isFault(entry: unknown): entry is Fault {
  if (typeof entry !== 'object' || entry === null) return false;
  const { fault, error, rate, pattern, afterMs, forMs, skip, times, ...unknown } = Object.fromEntries(
    Object.entries(entry),
  );
  const numbers = [afterMs, forMs, skip, times].every(
    (value) => value === undefined || (typeof value === 'number' && value >= 0),
  );
  const shares = rate === undefined || (typeof rate === 'number' && rate >= 0 && rate <= 1);
  const patterns =
    pattern === undefined ||
    (fault === 'record-error' && typeof pattern === 'string' && /^[.x]+$/.test(pattern));
  const errors = fault === 'request-error' ? REQUEST_ERRORS.includes(error) : error === undefined;
  return (
    typeof fault === 'string' &&
    KINDS.includes(fault) &&
    numbers &&
    shares &&
    patterns &&
    errors &&
    Object.keys(unknown).length === 0
  );
}

interface Entry {
  readonly fault: Fault;
  readonly setAtMs: number;
  passed: number;
  struck: number;
}

/** Whether a fault that would strike lets this one pass. */
const hasPassed = (entry: Entry): boolean => entry.passed < (entry.fault.skip ?? 0) && ++entry.passed > 0;

/** The script in force. Chance comes from a seed, so that a run can be repeated. */
export class Faults {
  readonly #nowMs: () => number;
  #script: Entry[] = [];
  #seed = 1;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  set(faults: readonly Fault[], seed = 1): void {
    const setAtMs = this.#nowMs();
    this.#script = faults.map((fault) => ({ fault, setAtMs, passed: 0, struck: 0 }));
    this.#seed = seed;
  }

  /** The script, each with how often it has struck. */
  list(): readonly (Fault & { readonly struck: number })[] {
    return this.#script.map(({ fault, struck }) => ({ ...fault, struck }));
  }

  /** The first fault of a kind that strikes now; asking counts. */
  strike<K extends FaultKind>(kind: K): Extract<Fault, { fault: K }> | undefined {
    const isOfKind = (fault: Fault): fault is Extract<Fault, { fault: K }> => fault.fault === kind;
    for (const entry of this.#script) {
      const { fault } = entry;
      if (!isOfKind(fault) || !this.#holds(entry) || !this.#chance(rateOf(fault))) continue;
      if (hasPassed(entry)) continue;
      entry.struck++;
      return fault;
    }
    return undefined;
  }

  /** Which of `count` records are refused. */
  refusedOf(count: number): boolean[] {
    const entry = this.#script.find((one) => one.fault.fault === 'record-error' && this.#holds(one));
    if (entry?.fault.fault !== 'record-error') return Array.from({ length: count }, () => false);
    const { fault } = entry;
    const refused = Array.from({ length: count }, (_, index) =>
      'pattern' in fault && fault.pattern !== undefined
        ? fault.pattern[index % fault.pattern.length] === 'x'
        : this.#chance(rateOf(fault)),
    );
    if (!refused.includes(true)) return refused;
    if (hasPassed(entry)) return refused.map(() => false);
    entry.struck++;
    return refused;
  }

  #holds({ fault, setAtMs, struck }: Entry): boolean {
    const { afterMs = 0, forMs = Number.POSITIVE_INFINITY, times = Number.POSITIVE_INFINITY } = fault;
    const sinceMs = this.#nowMs() - setAtMs - afterMs;
    return sinceMs >= 0 && sinceMs < forMs && struck < times;
  }

  /** A linear congruential generator (Numerical Recipes): enough for choosing. */
  #chance(rate: number): boolean {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32 < rate;
  }
}

const rateOf = (fault: Fault): number => ('rate' in fault ? (fault.rate ?? 1) : 1);
