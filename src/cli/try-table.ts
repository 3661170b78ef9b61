import { type FileResult, humanBytes, plural } from './file-result.ts';
import { painter, printable, type Terminal } from './terminal.ts';

const MAX_NAME = 44;
const MARKS = { processed: ['✓', 'green'], rejected: ['✗', 'yellow'], failed: ['!', 'red'] } as const;

/** Prints results for a person: a line a file, then what it all came to. */
export class TryTable {
  readonly #terminal: Terminal;
  readonly #nameWidth: number;
  readonly #paint: ReturnType<typeof painter>;
  readonly #counts = { processed: 0, rejected: 0, failed: 0 };
  #renditions = 0;

  /** `files` sets the width of the first column. */
  constructor(terminal: Terminal, files: readonly string[]) {
    this.#terminal = terminal;
    this.#paint = painter(terminal);
    this.#nameWidth = Math.min(MAX_NAME, Math.max(4, ...files.map((file) => printable(file).length)));
  }

  add(result: FileResult): void {
    this.#counts[result.outcome] += 1;
    this.#renditions += result.renditions.length;
    const [mark, colour] = MARKS[result.outcome];
    const file = printable(result.file);
    const name = file.length > this.#nameWidth ? `…${file.slice(1 - this.#nameWidth)}` : file;
    const pixels = result.width && result.height ? `${result.width}×${result.height}` : '';
    const facts = `${result.type.padEnd(7)} ${humanBytes(result.bytes).padStart(8)}  ${pixels.padEnd(11)}`;
    const end =
      result.outcome === 'processed'
        ? this.#paint(
            'dim',
            result.renditions.map((one) => `${one.name} ${one.width}×${one.height}`).join(', '),
          )
        : `${this.#paint(colour, result.code ?? '')}  ${printable(result.reason ?? '')}`;
    this.#terminal.out(`${this.#paint(colour, mark)} ${name.padEnd(this.#nameWidth)}  ${facts} ${end}\n`);
  }

  finish(report: string, seconds: number): void {
    const { processed, rejected, failed } = this.#counts;
    const parts = [
      `${processed} processed`,
      `${rejected} rejected`,
      ...(failed > 0 ? [this.#paint('red', `${failed} failed`)] : []),
      plural(this.#renditions, 'rendition'),
    ];
    this.#terminal.out(`\n${parts.join(', ')} in ${seconds.toFixed(1)} s\nReport: ${report}\n`);
  }
}
