import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sharedStack } from '../shared-stack.ts';
import { durations } from '../support/durations.ts';
import { Chain, type Sending } from './harness/chain.ts';
import { imageMaker } from './harness/images.ts';
import { NotifiedTwice } from './harness/notified-twice.ts';

const IMAGES = 36;
const CUSTOMERS = ['acme', 'globex'];

/** The ways of an image that is sent three times. What S3 says of an upload comes twice. */
const WAYS: readonly ((chain: Chain, image: Sending, index: number) => readonly (() => Promise<void>)[])[] = [
  (chain, image, index) => [
    () => chain.upload(image, `first-${image.imageId}`),
    () => chain.upload(image, `second-${image.imageId}`),
    () => chain.stream(image, index),
  ],
  (chain, image, index) => [
    () => chain.stream(image, index),
    () => chain.upload(image, image.imageId),
    () => chain.stream(image, index + 1),
  ],
  (chain, image, index) => [
    () => chain.stream(image, index),
    () => chain.stream(image, index + 1),
    () => chain.stream(image, index + 2),
  ],
  (chain, image) => [
    () => chain.upload(image, image.imageId),
    () => chain.upload(image, image.imageId), // the same object, written again
    () => chain.upload(image, `other-${image.imageId}`),
  ],
];

test('every image is sent three times, on both ways and to different partitions, and S3 tells of each upload twice: one event each, counted once everywhere', async () => {
  const startedMs = performance.now();
  const say = (line: string) => {
    process.stderr.write(`  ${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${line}\n`);
  };
  const stack = await sharedStack();
  const twice = await NotifiedTwice.open(stack, `twice-${Date.now().toString(36)}`);
  const chain = await Chain.start(stack, 'repeats', { UPLOADS_QUEUE_URL: twice.queueUrl });
  try {
    twice.begin(chain.uploads.queueUrl);
    say('every role is ready');
    const make = await imageMaker();
    const images = Array.from({ length: IMAGES }, (_, index) => {
      const customer = CUSTOMERS[Math.floor(index / WAYS.length) % CUSTOMERS.length] ?? '';
      return { customer, imageId: `${chain.run}-${index}`, body: make(index, chain.run) };
    });
    const sendings = images.map((image, index) => WAYS[index % WAYS.length]?.(chain, image, index) ?? []);
    // once each, then again: with what remembers them killed in between, and once while it is worked on
    for (const sending of sendings) await sending[0]?.();
    say(`${IMAGES} images were sent; SIGKILL develop`);
    await chain.role('develop').kill();
    for (const sending of sendings) await sending[1]?.();
    await chain.role('develop').start();
    await delay(2_000);
    say('sent again; SIGKILL develop and intake');
    await Promise.all([chain.role('develop').kill(), chain.role('intake').kill()]);
    for (const sending of sendings) await sending[2]?.();
    await Promise.all([chain.role('develop').start(), chain.role('intake').start()]);
    say(`sent a third time; S3 has told of ${twice.passed} uploads so far, twice of each`);
    // what a killed intake had in hand comes after a minute; only then have all repeats been seen
    const messages = () => chain.uploads.messagesIn(twice.queueUrl);
    await expect.poll(messages, { timeout: 180_000, interval: 1_000 }).toEqual({ waiting: 0, inHand: 0 });
    await expect.poll(() => chain.undeveloped(), { timeout: 180_000, interval: 1_000 }).toBe(0);
    say('all of it is developed');

    const { differences, ...counts } = await chain.recount((2 * durations.recount) / 1000, { closed: true });
    say(`recount: ${JSON.stringify(counts)}`);
    for (const difference of differences.slice(0, 20)) say(`  ${difference}`);
    expect(differences).toEqual([]);
    const once = {
      images: IMAGES,
      events: IMAGES,
      processed: IMAGES,
      redis: IMAGES,
      warehouse: IMAGES,
      counts: IMAGES,
    };
    expect(counts).toMatchObject(once);
    expect(twice.passed, 'uploads of four images').toBe((IMAGES / WAYS.length) * 6);
    const repeats = IMAGES * 2 + twice.passed; // two more of each, and what S3 told again
    expect(counts.repeats).toBeGreaterThanOrEqual(repeats);
    expect(chain.surprises).toEqual([]);
  } finally {
    await chain.stop();
    await twice.close();
  }
});
