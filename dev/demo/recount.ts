// The second opinion: test/recount counts all places again, as a process of its own with nothing of the service in it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { baseEnvironment } from '../stack/native/guard.ts';
import type { Stack } from '../stack/stack.ts';
import type { Account } from './account.ts';

const program = fileURLToPath(new URL('../../test/recount/recount.ts', import.meta.url));

interface Recounted {
  readonly put: number;
  readonly streamed: number;
  readonly images: number;
  readonly processed: number;
  readonly rejected: number;
  readonly redis: number;
  readonly warehouse: number;
  readonly differences: readonly string[];
}

/** Where the recount differs within itself or from the account, a sentence each. */
export async function recount(stack: Stack, account: Account): Promise<readonly string[]> {
  const { put, streamed, ...counted } = await count(stack);
  const ours = {
    images: account.sent.size,
    processed: account.count('processed'),
    rejected: account.count('rejected'),
    redis: account.counted('Redis'),
    warehouse: account.counted('warehouse'),
  };
  const names = ['images', 'processed', 'rejected', 'redis', 'warehouse'] as const;
  const others = names.filter((name) => counted[name] !== ours[name]);
  return [
    ...counted.differences.map((difference) => `recount: ${difference}`),
    ...others.map((name) => `recount: ${counted[name]} ${name}, the demo counts ${ours[name]}`),
    ...(put + streamed === account.sent.size
      ? []
      : [`recount: ${put} uploads and ${streamed} records were sent, the demo sent ${account.sent.size}`]),
  ];
}

function count(stack: Stack): Promise<Recounted> {
  const env = { ...baseEnvironment(), ...stack.environment() };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, '--json'], { env }, (error, stdout, stderr) => {
      if (stdout.startsWith('{'))
        resolve(JSON.parse(stdout)); // also when the places differ
      else reject(new Error(`the recount has failed: ${stderr || error?.message}`));
    });
  });
}
