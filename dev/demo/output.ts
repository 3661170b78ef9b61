// What a person sees while the demo runs.

/** Lines, and below them one that writes over itself where somebody looks. */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  #status = false;
  #lastPlainStatusMs = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  line(text = ''): void {
    this.endStatus();
    this.#stream.write(`${text}\n`);
  }

  /** Replaces the status line. In a log, where nothing can be replaced, it is a line every 2 s. */
  status(text: string): void {
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\u001b[2K${text.slice(0, this.#stream.columns - 1)}`);
      this.#status = true;
    } else if (Date.now() - this.#lastPlainStatusMs >= 2000) {
      this.#lastPlainStatusMs = Date.now();
      this.#stream.write(`${text}\n`);
    }
  }

  endStatus(): void {
    if (this.#status) this.#stream.write('\r\u001b[2K');
    this.#status = false;
  }

  paint(colour: 'green' | 'yellow' | 'red' | 'dim' | 'bold', text: string): string {
    const codes = { green: 32, yellow: 33, red: 31, dim: 2, bold: 1 };
    return this.#stream.isTTY && !process.env.NO_COLOR ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
  }
}

/** `██████░░░░` */
export function bar(done: number, all: number, width = 24): string {
  const filled = all === 0 ? width : Math.round((Math.min(done, all) / all) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}
