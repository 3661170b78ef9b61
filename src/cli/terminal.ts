/** What a command may touch of the process; `src/main.ts` makes it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Writes the text as it is: results. */
  out(text: string): unknown;
  /** Writes the text as it is: progress, questions, errors. */
  err(text: string): unknown;
  /** Whether results go to a person: colours are welcome. */
  readonly outIsTerminal: boolean;
  /** Whether progress goes to a person: lines may be written over. */
  readonly errIsTerminal: boolean;
  /** Fires at SIGTERM or SIGINT: end in order. */
  readonly stop: AbortSignal;
}

/** Text of others as it may be shown to a person: on its line, without what moves the cursor, colours or turns the text around. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The command was used wrongly: exit code 2. */
export class UsageError extends Error {}

/** The command failed and has said all about it in its message: exit code 1. */
export class Failure extends Error {}

type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
const CODES: Readonly<Record<Style, number>> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };

/** Colours text for a person; the text as it is where nobody looks, or where NO_COLOR asks for that. */
export function painter(terminal: Terminal): (style: Style, text: string) => string {
  const on = terminal.outIsTerminal && !terminal.env.NO_COLOR;
  return (style, text) => (on ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}

/** One line of progress that writes over itself; nothing at all where nobody looks. */
export class ProgressLine {
  readonly #terminal: Terminal;
  #shown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(text: string): void {
    if (!this.#terminal.errIsTerminal) return;
    this.#terminal.err(`\r\u001b[2K${text}`);
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.#terminal.err('\r\u001b[2K');
    this.#shown = false;
  }
}
