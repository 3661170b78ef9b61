import { describe, expect, test } from 'vitest';
import { Account, accountTable, type Counts, countKey } from '../../../dev/demo/account.ts';
import type { Sample } from '../../../dev/samples/index.ts';
import type { ImageProcessed } from '../../../src/serdes/image-processed.generated.ts';
import { anEvent } from '../../support/image-event.ts';

const sample: Sample = {
  name: 'cat.jpg',
  customer: 'acme',
  bytes: Buffer.from('cat'),
  expected: 'processed',
  type: 'jpeg',
  way: 'upload',
};
const broken: Sample = {
  ...sample,
  name: 'broken.jpg',
  way: 'stream',
  expected: 'rejected',
  code: 'IMAGE_CORRUPT',
};

const event = (change: Partial<ImageProcessed>) => anEvent({ eventId: 'cat', ...change });

function accountOf(events: readonly ImageProcessed[]): Account {
  const account = new Account();
  account.addSent({ imageId: 'cat', sample });
  account.addSent({ imageId: 'broken', sample: broken });
  for (const one of events) account.addEvent(one);
  account.setCounts('Redis', countsOf(events));
  account.setCounts('warehouse', countsOf(events));
  return account;
}

function countsOf(events: readonly ImageProcessed[]): Counts {
  const counts = new Map<string, number>();
  for (const { customerId, type, outcome } of events) {
    const key = countKey(customerId, type, outcome);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

const right = [event({}), event({ eventId: 'broken', outcome: 'rejected', code: 'IMAGE_CORRUPT' })];

describe("the demo's account", () => {
  test('agrees when every image has its one event, as it was expected', () => {
    const account = accountOf(right);
    expect(account.disagreements()).toEqual([]);
    expect(account.accounted).toBe(2);
    expect(accountTable(account).join('\n')).not.toContain('✗');
  });

  test.each([
    ['an image without an event', right.slice(1), /cat\.jpg .*no event/],
    ['an image with two events', [...right, event({})], /cat\.jpg .*2 events/],
    ['another outcome', [event({ outcome: 'failed', code: 'PLUGIN_FAILED' }), ...right.slice(1)], /failed/],
    [
      'another code',
      [...right.slice(0, 1), event({ eventId: 'broken', outcome: 'rejected', code: 'IMAGE_EMPTY' })],
      /IMAGE_EMPTY/,
    ],
    ['another type', [event({ type: 'png' }), ...right.slice(1)], /png/],
    ['another customer', [event({ customerId: 'birch' }), ...right.slice(1)], /birch/],
    ['an event of an image that was never sent', [...right, event({ eventId: 'stranger' })], /stranger/],
  ])('tells %s', (_, events, told) => {
    const account = accountOf(events);
    expect(account.disagreements()).toEqual([expect.stringMatching(told)]);
    expect(accountTable(account).at(-1)).toContain('✗');
  });

  test.each([
    ['Redis', 'less', right.slice(1), 'Redis counts 0 of ["acme","jpeg","processed"], image-stats 1'],
    ['Redis', 'more', [...right, event({})], 'Redis counts 2 of ["acme","jpeg","processed"], image-stats 1'],
    ['warehouse', 'nothing', [], 'warehouse counts 0 of ["acme","jpeg","rejected"], image-stats 1'],
    [
      'warehouse',
      'a stranger',
      [...right, event({ customerId: 'dune' })],
      'warehouse counts 1 of ["dune","jpeg","processed"], image-stats 0',
    ],
  ] as const)('tells that %s counts %s', (counter, _what, events, told) => {
    const account = accountOf(right);
    account.setCounts(counter, countsOf(events));
    expect(account.disagreements()).toContain(told);
    expect(accountTable(account).at(-1)).toContain('✗');
  });

  test('adds up the windows of image-counts, and tells of more images than there are, not of open windows', () => {
    const account = accountOf(right);
    const minute = { customerId: 'acme', type: 'jpeg', windowStart: 0, windowEnd: 1, failed: 0 };
    account.addWindow({ ...minute, processed: 1, rejected: 0 });
    expect(account.disagreements()).toEqual([]);
    account.addWindow({ ...minute, type: 'png', processed: 0, rejected: 1 });
    expect([account.windows, account.inWindows]).toEqual([1, 2]);
    expect(account.disagreements()).toEqual([]);
    account.addWindow({ ...minute, windowStart: 1, processed: 1, rejected: 0 });
    expect(account.disagreements()).toEqual(['image-counts has 3 images, image-stats 2']);
  });
});
