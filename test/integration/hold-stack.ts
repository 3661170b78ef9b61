// Starts a stack, tells its parent over the pipe where it is, and waits to be killed (see stack.test.ts).
import { startStack } from '../../dev/stack/stack.ts';

const stack = await startStack({ components: ['kafka', 'aws'], progress: () => {} });
process.send?.({
  folder: stack.folder,
  pids: [stack.component('kafka').pid, stack.component('aws').pid],
});
