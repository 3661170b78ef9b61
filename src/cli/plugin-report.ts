import { humanBytes, plural } from './file-result.ts';
import type { PluginSample } from './plugin-samples.ts';
import type { PluginTrial } from './plugin-trial.ts';
import { painter, printable, type Terminal } from './terminal.ts';

const MARKS = {
  processed: ['✓', 'green'],
  unchanged: ['=', 'green'],
  rejected: ['✗', 'yellow'],
  failed: ['!', 'red'],
} as const;

/** What all trials come to. */
export interface PluginVerdict {
  readonly fit: boolean;
  /** What speaks against it, a clause each. */
  readonly why: readonly string[];
  /** What its author should know all the same, a sentence each. */
  readonly notes: readonly string[];
}

/** `of` is how many trials there should have been. */
export function verdictOf(trials: readonly PluginTrial[], of: number): PluginVerdict {
  const failed = trials.filter(({ outcome }) => outcome === 'failed');
  const differing = trials.filter(({ repeatable }) => repeatable === false);
  const names = (some: readonly PluginTrial[]) => some.map(({ sample }) => sample).join(', ');
  const why = [
    ...(failed.length > 0 ? [`${failed.length} of ${plural(of, 'image')} failed`] : []),
    ...(trials.length < of ? ['the others were not tried'] : []),
    ...(differing.length > 0 ? [`two runs differ (${names(differing)})`] : []),
  ];
  const notes = [
    ...(differing.length > 0
      ? ['A repeated image writes the same keys: other bytes under them fail with S3_KEY_CONFLICT.']
      : []),
    ...(trials.length > 0 && trials.every(({ outcome }) => outcome === 'rejected')
      ? ['It rejects every image; what customers send would all become dead letters.']
      : []),
    ...(trials.length > 0 && trials.every(({ outcome }) => outcome === 'unchanged')
      ? ['It changes no image and rejects none.']
      : []),
  ];
  return { fit: why.length === 0, why, notes };
}

/** Prints trials for a person: a line an image, then the verdict. */
export class PluginTable {
  readonly #terminal: Terminal;
  readonly #nameWidth: number;
  readonly #paint: ReturnType<typeof painter>;
  readonly #counts = { processed: 0, unchanged: 0, rejected: 0, failed: 0 };

  constructor(terminal: Terminal, samples: readonly PluginSample[]) {
    this.#terminal = terminal;
    this.#paint = painter(terminal);
    this.#nameWidth = Math.max(6, ...samples.map(({ name }) => name.length));
    const heads = ['image'.padEnd(this.#nameWidth), 'would be ', 'time'.padStart(9), 'memory'.padStart(9)];
    terminal.out(this.#paint('dim', `  ${heads.join('  ')}  ${'output'.padStart(9)}\n`));
  }

  add(trial: PluginTrial): void {
    this.#counts[trial.outcome] += 1;
    const [mark, colour] = MARKS[trial.outcome];
    const size = (bytes: number | null) => (bytes === null ? '' : humanBytes(bytes)).padStart(9);
    const time = (trial.durationMs === null ? '' : `${trial.durationMs} ms`).padStart(9);
    const told = [
      ...(trial.code === null ? [] : [this.#paint(colour, trial.code), printable(trial.reason ?? '')]),
      ...(trial.renditions.length > 0 ? [`also ${trial.renditions.join(', ')}`] : []),
      ...(trial.repeatable === false ? [this.#paint('red', 'two runs differ')] : []),
    ];
    const { sample, outcome, memoryBytes, outputBytes } = trial;
    const start = `${this.#paint(colour, mark)} ${sample.padEnd(this.#nameWidth)}  ${outcome.padEnd(9)}`;
    const line = `${start}  ${time}  ${size(memoryBytes)}  ${size(outputBytes)}  ${told.join('  ')}`;
    this.#terminal.out(`${line.trimEnd()}\n`);
  }

  finish({ fit, notes }: PluginVerdict): void {
    const parts = Object.entries(this.#counts).flatMap(([outcome, count]) =>
      count > 0 ? [`${count} ${outcome}`] : [],
    );
    this.#terminal.out(`\n${parts.join(', ')}\n`);
    for (const note of notes) this.#terminal.out(`${note}\n`);
    if (fit)
      this.#terminal.out(`${this.#paint('green', 'Fit for production')}: no image failed, two runs agree\n`);
  }
}
