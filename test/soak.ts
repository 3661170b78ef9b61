// npm run soak [-- PART-OF-A-FILE'S-NAME…]: the tests whose waits, outages and intervals are in test/support/durations.ts, with real
// values. Takes hours; ends as vitest does, with 1 if a test has failed.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requireStack } from '../dev/stack/stack.ts';
import { runToEnd } from './support/run-to-end.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const FILES = {
  integration: ['engine/idle', 'engine/slow-head', 'image-counts'],
  faults: [
    's3-503.test',
    's3-503-on-uploads',
    'one-sink-down',
    'firehose-fails',
    'redis-loses',
    'broker-restart',
    'sigstop-past-session',
    'sigkill-of-every-role',
    'repeats',
    'all-faults-in-one-run',
  ],
};

function run(project: string, files: readonly string[]): Promise<number> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const paths = files.map((file) => `test/${project}/${file}`);
  const args = [vitest, 'run', '--project', project, ...paths];
  return runToEnd(process.execPath, args, { ...process.env, DURATIONS: 'real' });
}

const asked = process.argv.slice(2);
const chosen = Object.entries(FILES).map(([project, files]) => ({
  project,
  files: files.filter((file) => asked.length === 0 || asked.some((part) => file.includes(part))),
}));
const unknown = asked.filter(
  (part) =>
    !Object.values(FILES)
      .flat()
      .some((file) => file.includes(part)),
);
if (unknown.length > 0) {
  process.stderr.write(
    `No test of the soak has ${unknown.join(', ')} in its name. There are: ${Object.values(FILES).flat().join(', ')}\n`,
  );
  process.exitCode = 2;
} else {
  await requireStack();
  for (const { project, files } of chosen) {
    if (files.length > 0 && (await run(project, files)) !== 0) process.exitCode = 1;
  }
}
