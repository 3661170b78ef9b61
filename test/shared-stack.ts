import { inject } from 'vitest';
import { type Control, connectStack } from '../dev/stack/control.ts';
import type { Stack } from '../dev/stack/stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stack: Control;
  }
}

/**
 * The real services that every file of this suite uses, one file after another. Whoever stops a part starts it again;
 * topics and S3 keys should be the test's own.
 */
export async function sharedStack(): Promise<Stack> {
  const stack = await connectStack(inject('stack'));
  if (!stack) throw new Error('The stack of this test run has ended.');
  return stack;
}
