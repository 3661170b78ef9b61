import { describe, expect, it } from 'vitest';
import { committedOf } from '../../recount/committed.ts';
import { compare, type Held } from '../../recount/compare.ts';
import type { Batch } from '../../recount/kafka-wire.ts';
import type { Event } from '../../recount/places.ts';

const batch = (offset: number, producerId: bigint, change: Partial<Batch> = {}): Batch => ({
  producerId,
  transactional: true,
  records: [{ offset, key: null, value: Buffer.from(`${offset}`) }],
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

  it('leaves out what is still open', () => {
    expect(offsetsOf([batch(0, 1n), batch(1, 2n), marker(2, 2n, 'commit')])).toEqual([1]);
  });
});

const event = (source: string, change: Partial<Event> = {}): Event => ({
  eventId: source,
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
  streamed: ['stream-0@0'],
  events: [event('up-0@0'), event('stream-0@0')],
  incoming: new Map([['incoming/acme/1/a.jpg', 3]]),
  processed: new Map([
    ['processed/up-0@0', 7],
    ['processed/stream-0@0', 7],
  ]),
  redis: new Map([['["acme","jpeg","processed"]', 2]]),
  warehouse: { rows: [event('up-0@0'), event('stream-0@0')], staged: 0 },
};

describe('the recount', () => {
  it('agrees when every record has its event, its row, its count and its renditions', () => {
    expect(compare(held)).toMatchObject({ agree: true, differences: [], images: 2, redis: 2, warehouse: 2 });
  });

  it('subtracts a repeat that a killed intake left, and tells of it', () => {
    const repeated: Held = {
      ...held,
      uploads: [...held.uploads, { imageId: 'up-0@0', key: 'incoming/acme/1/a.jpg', source: 'up-0@1' }],
      events: [...held.events, event('up-0@1', { eventId: 'up-0@0', renditions: [] })],
      redis: new Map([['["acme","jpeg","processed"]', 3]]),
    };
    expect(compare(repeated)).toMatchObject({
      agree: true,
      repeatedUploads: 1,
      events: 3,
      images: 2,
      redis: 2,
    });
  });

  it.each<[string, Partial<Held>, string]>([
    [
      'an upload that nobody was told of',
      { incoming: new Map([...held.incoming, ['incoming/b/2/b', 1]]) },
      'no record',
    ],
    ['a record without an event', { streamed: ['stream-0@0', 'stream-0@1'] }, 'stream-0@1 has no event'],
    ['a record with two events', { events: [...held.events, event('up-0@0')] }, 'up-0@0 has 2 events'],
    ['an event of nothing', { events: [...held.events, event('up-9@9')] }, 'up-9@9, where no record is'],
    ['a rendition that is not there', { processed: new Map([['processed/up-0@0', 7]]) }, 'no such object'],
    [
      'a rendition of nothing',
      { processed: new Map([...held.processed, ['processed/x', 1]]) },
      'no event names',
    ],
    ['Redis too low', { redis: new Map() }, 'Redis counts 0'],
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
