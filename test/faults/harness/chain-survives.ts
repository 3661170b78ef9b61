import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { sharedStack } from '../../shared-stack.ts';
import { durations } from '../../support/durations.ts';
import { Chain, type Recounted } from './chain.ts';

const SEND_EVERY_MS = 60;
/** Images come before the first fault and after the last. */
const CALM_MS = 2_000;

/**
 * Sends images through the whole chain while `faults` are done to it, and expects a recount without difference.
 * @param closed with all windows of image-counts, which close half a minute after the last image
 */
export async function chainSurvives(
  name: string,
  faults: (chain: Chain, say: (line: string) => void) => Promise<void>,
  { closed = false, ...settings }: { readonly closed?: boolean; readonly S3_ENDPOINT?: string } = {},
): Promise<Recounted> {
  const startedMs = performance.now();
  const say = (line: string) => {
    process.stderr.write(`  ${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${line}\n`);
  };
  const chain = await Chain.start(await sharedStack(), name, settings);
  const enough = new AbortController();
  try {
    say('every role is ready');
    const sending = chain.send(SEND_EVERY_MS, enough.signal);
    sending.catch(() => {}); // seen below
    await delay(CALM_MS);
    await Promise.race([faults(chain, say), sending]);
    await delay(CALM_MS);
    enough.abort();
    await sending;
    say(`${chain.sent} images were sent`);
    const recounted = await chain.recount(durations.recount / 1000, { closed });
    const { differences, ...counts } = recounted;
    say(`recount: ${JSON.stringify(counts)}`);
    for (const difference of differences.slice(0, 20)) say(`  ${difference}`);
    expect(differences).toEqual([]);
    expect(recounted).toMatchObject({
      images: chain.sent,
      processed: chain.sent,
      redis: chain.sent,
      warehouse: chain.sent,
      ...(closed ? { counts: chain.sent } : {}),
    });
    expect(chain.surprises).toEqual([]);
    return recounted;
  } finally {
    enough.abort();
    await chain.stop();
  }
}
