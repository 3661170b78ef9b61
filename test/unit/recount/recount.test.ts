import { describe, expect, it } from 'vitest';
import { committedOf } from '../../recount/committed.ts';
import { compare, type Held } from '../../recount/compare.ts';
import type { Batch } from '../../recount/kafka-wire.ts';
import type { Count, Event } from '../../recount/places.ts';

const batch = (offset: number, producerId: bigint, change: Partial<Batch> = {}): Batch => ({
  producerId,
  producerEpoch: 0,
  transactional: true,
  records: [{ offset, timestamp: 0, headers: new Map(), key: null, value: Buffer.from(`${offset}`) }],
  nextOffset: offset + 1,
  ...change,
});
const marker = (offset: number, producerId: bigint, ends: 'commit' | 'abort') =>
  batch(offset, producerId, { ends, records: [] });
const offsetsOf = (batches: readonly Batch[]) => committedOf(batches).map(({ offset }) => offset);

describe('what a topic says was committed', () => {
  it('keeps overlapping transactions apart, whichever ends first', () => {
    const batches = [
      batch(0, 1n),
      batch(1, 2n),
      batch(2, 1n),
      marker(3, 2n, 'abort'),
      batch(4, 2n),
      marker(5, 1n, 'commit'),
      batch(6, 9n, { transactional: false }),
      marker(7, 2n, 'commit'),
    ];
    expect(offsetsOf(batches)).toEqual([0, 2, 4, 6]);
  });

  it('says who wrote a record, and what committed it', () => {
    const [record] = committedOf([batch(0, 1n), { ...marker(1, 1n, 'commit'), producerEpoch: 2 }]);
    expect(record?.written).toBe('by producer 1 in epoch 0, committed at 1 in epoch 2');
  });

  it('leaves out what is still open', () => {
    expect(offsetsOf([batch(0, 1n), batch(1, 2n), marker(2, 2n, 'commit')])).toEqual([1]);
  });
});

const event = (source: string, change: Partial<Event> = {}): Event => ({
  eventId: source,
  attemptId: '',
  revision: 1,
  customerId: 'acme',
  type: 'jpeg',
  outcome: 'processed',
  source,
  place: `stats of ${source}`,
  renditions: [{ key: `processed/${source}`, bytes: 7 }],
  ...change,
});
const held: Held = {
  uploads: [{ imageId: 'up-0@0', key: 'incoming/acme/1/a.jpg', source: 'up-0@0' }],
  streamed: [{ imageId: 'stream-0@0', source: 'stream-0@0' }],
  events: [event('up-0@0'), event('stream-0@0')],
  incoming: new Map([['incoming/acme/1/a.jpg', 3]]),
  processed: new Map([
    ['processed/up-0@0', 7],
    ['processed/stream-0@0', 7],
  ]),
  counts: {
    windows: [
      { key: '["acme","jpeg",0]', customerId: 'acme', type: 'jpeg', processed: 2, rejected: 0, failed: 0 },
    ],
    closed: true,
  },
  redis: new Map([['["acme","jpeg","processed"]', 2]]),
  warehouse: { rows: [event('up-0@0'), event('stream-0@0')], staged: 0 },
};
const [window] = held.counts.windows;
const windows = (...changes: readonly Partial<Count>[]): Held['counts'] => ({
  windows: changes.flatMap((change) => (window ? [{ ...window, ...change }] : [])),
  closed: true,
});

describe('the recount', () => {
  it('agrees when every image has its event, its row, its count and its renditions', () => {
    const all = { images: 2, repeats: 0, redis: 2, warehouse: 2, counts: 2 };
    expect(compare(held)).toMatchObject({ agree: true, differences: [], ...all });
  });

  it('wants one event of an image that came again, on the other way too, and tells of the repeats', () => {
    const repeated: Held = {
      ...held,
      uploads: [...held.uploads, { imageId: 'up-0@0', key: 'incoming/acme/1/a.jpg', source: 'up-0@1' }],
      streamed: [...held.streamed, { imageId: 'up-0@0', source: 'stream-0@1' }],
    };
    expect(compare(repeated)).toMatchObject({ agree: true, repeats: 2, events: 2, images: 2, redis: 2 });
    const twice = { ...repeated, events: [...held.events, event('stream-0@1', { eventId: 'up-0@0' })] };
    expect(compare(twice).differences.join('\n')).toContain('the image up-0@0 has 2 events of revision 1');
  });

  it('lets a correction replace what it corrects in Redis, stand beside it in the warehouse, and be in no window', () => {
    const correction = event('up-0@0', {
      attemptId: 'again',
      revision: 2,
      outcome: 'failed',
      renditions: [],
    });
    const events = [...held.events, correction];
    const redis = new Map([
      ['["acme","jpeg","processed"]', 1],
      ['["acme","jpeg","failed"]', 1],
    ]);
    const corrected: Held = { ...held, events, redis, warehouse: { rows: events, staged: 0 } };
    expect(compare(corrected)).toMatchObject({ agree: true, differences: [], processed: 1, failed: 1 });
  });

  it('takes what is missing in image-counts for a window that is open, unless all should be closed', () => {
    expect(compare({ ...held, counts: { windows: [], closed: false } }).agree).toBe(true);
    const tooHigh = { ...windows({ processed: 3 }), closed: false };
    expect(compare({ ...held, counts: tooHigh }).differences).toHaveLength(1);
  });

  it.each<[string, Partial<Held>, string]>([
    [
      'an upload that nobody was told of',
      { incoming: new Map([...held.incoming, ['incoming/b/2/b', 1]]) },
      'no record',
    ],
    [
      'an image without an event',
      { streamed: [...held.streamed, { imageId: 'dog', source: 'stream-0@1' }] },
      'the image dog of the record stream-0@1 has no event',
    ],
    [
      'an image with two events',
      { events: [...held.events, event('up-0@0')] },
      'up-0@0 has 2 events of revision 1',
    ],
    ['an event of nothing', { events: [...held.events, event('up-9@9')] }, 'no record up-9@9 has brought'],
    [
      'an event of a record of another image',
      { events: [event('up-0@0', { source: 'stream-0@0' }), event('stream-0@0')] },
      'no record stream-0@0 has brought',
    ],
    [
      'a correction that no attempt has made',
      { events: [...held.events, event('up-0@0', { revision: 2 })] },
      "2 events of the attempt ''",
    ],
    [
      'a correction of nothing',
      { events: [event('up-0@0'), event('stream-0@0', { revision: 2 })] },
      'one of revision 2',
    ],
    ['a rendition that is not there', { processed: new Map([['processed/up-0@0', 7]]) }, 'no such object'],
    [
      'a rendition of nothing',
      { processed: new Map([...held.processed, ['processed/x', 1]]) },
      'no event names',
    ],
    ['Redis too low', { redis: new Map() }, 'Redis counts 0'],
    ['image-counts too low', { counts: windows({ processed: 1 }) }, 'image-counts counts 1'],
    ['image-counts of something else', { counts: windows({}, { key: 'b', type: 'png' }) }, 'counts 2 of'],
    [
      'a window that is told twice',
      { counts: windows({ processed: 1 }, { processed: 1 }) },
      'image-counts tells 2 times',
    ],
    ['a lost row', { warehouse: { rows: held.events.slice(1), staged: 0 } }, 'has no row in the warehouse'],
    [
      'a double row',
      { warehouse: { rows: [...held.events, ...held.events.slice(1)], staged: 0 } },
      '2 rows of',
    ],
    [
      'a row of nothing',
      { warehouse: { rows: [...held.events, event('x')], staged: 0 } },
      'which has no event',
    ],
    ['rows that wait', { warehouse: { rows: held.events, staged: 4 } }, '4 rows still wait'],
  ])('tells of %s', (_what, change, told) => {
    const { agree, differences } = compare({ ...held, ...change });
    expect(agree).toBe(false);
    expect(differences.join('\n')).toContain(told);
  });
});
