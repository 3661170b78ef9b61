// Starts a stack, tells its parent over the pipe where it is, and waits to be killed (see stack.test.ts).
import { startStack } from '../../dev/stack/stack.ts';

const components = ['kafka', 'aws', 'redis', 'postgres'] as const;
const stack = await startStack({ components, progress: () => {} });
process.send?.({
  folder: stack.folder,
  pids: components.map((name) => stack.component(name).pid),
});
