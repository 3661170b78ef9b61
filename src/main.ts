import { run } from './cli/program.ts';
import type { Terminal } from './cli/terminal.ts';

/** Two signals closer than this are one: a terminal's Ctrl-C reaches a process and, passed on, reaches it again. */
const SAME_SIGNAL_MS = 200;

const stop = new AbortController();
let stoppedAtMs = 0;
for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted && Date.now() - stoppedAtMs > SAME_SIGNAL_MS) process.exit(code);
    stoppedAtMs ||= Date.now();
    stop.abort(signal);
  });
}

// The reader of our output has gone, as in `darkroom … | head`: nobody is left to tell anything, so end in order.
let readerGone = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  readerGone = error.code === 'EPIPE';
  stop.abort('SIGPIPE');
});

const terminal: Terminal = {
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => readerGone || process.stderr.write(text),
  outIsTerminal: process.stdout.isTTY ?? false,
  errIsTerminal: process.stderr.isTTY ?? false,
  stop: stop.signal,
};

const code = await run(process.argv.slice(2), terminal);
process.exit(readerGone ? 0 : code);
