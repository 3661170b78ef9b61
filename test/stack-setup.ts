// Starts the stack that all files of a suite share, and hands them its address.
import type { TestProject } from 'vitest/node';
import { serveStack } from '../dev/stack/control.ts';
import { startStack } from '../dev/stack/stack.ts';
import { durations } from './support/durations.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  process.env.FIREHOSE_BUFFER_SECONDS = String(durations.firehoseBuffer / 1000);
  const stack = await startStack({ progress: (line) => process.stderr.write(`  ${line}\n`) });
  project.provide('stack', await serveStack(stack, () => {}));
  return () => stack.down();
}
