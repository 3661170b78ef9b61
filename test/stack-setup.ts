// Starts the stack that all files of a suite share, and hands them its address.
import type { TestProject } from 'vitest/node';
import { serveStack } from '../dev/stack/control.ts';
import { startStack } from '../dev/stack/stack.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ progress: (line) => process.stderr.write(`  ${line}\n`) });
  project.provide('stack', await serveStack(stack, () => {}));
  return () => stack.down();
}
