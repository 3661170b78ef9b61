// The process behind `npm run stack -- up`: holds a stack in a named folder until it is told to end. Its parent hears of
// the start over the pipe between them; `status` and `down` find it through the files in the folder.
import { serveStack } from './control.ts';
import { messageOf } from './errors.ts';
import { type Stack, startStack } from './stack.ts';
import { announce, withdraw } from './state.ts';
import { createTopics } from './topics.ts';

export type DaemonMessage =
  | { type: 'progress'; line: string }
  | { type: 'up' }
  | { type: 'failed'; message: string };

const folder = process.argv[2] ?? '';
if (!folder || !process.connected) throw new Error('This file is started by `npm run stack -- up`.');

const tell = (message: DaemonMessage) =>
  new Promise<void>((resolve) => (process.connected ? process.send?.(message, () => resolve()) : resolve()));

let stack: Stack | undefined;
async function end(exitCode: number): Promise<never> {
  withdraw(folder);
  await stack?.down();
  process.exit(exitCode);
}

// whoever asked for the stack went away before it was up: nobody would know of it
const endUnasked = () => void end(1);
process.once('disconnect', endUnasked);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end(0));

try {
  stack = await startStack({ folder, progress: (line) => void tell({ type: 'progress', line }) });
  await createTopics(stack.addresses.kafka);
  const control = await serveStack(stack, () => void end(0));
  announce(folder, stack, control);
  process.off('disconnect', endUnasked);
  await tell({ type: 'up' });
  process.disconnect?.();
} catch (error) {
  await tell({ type: 'failed', message: messageOf(error) });
  await end(1);
}
