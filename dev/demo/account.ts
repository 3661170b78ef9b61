// Does image-stats say what was sent, and do Redis and the warehouse count what it says? Shown by customer and type.
import type { ImageCount } from '../../src/serdes/image-count.generated.ts';
import type { ImageProcessed } from '../../src/serdes/image-processed.generated.ts';
import type { Sent } from './send.ts';

/** Those who count images for themselves. */
export const COUNTERS = ['Redis', 'warehouse'] as const;
export type Counter = (typeof COUNTERS)[number];

/** How many images a counter has, by customer, type and outcome as `countKey` writes them. */
export type Counts = ReadonlyMap<string, number>;
export const countKey = (customer: string, type: string, outcome: string): string =>
  JSON.stringify([customer, type, outcome]);

interface Row {
  customer: string;
  type: string;
  uploaded: number;
  streamed: number;
  /** How many of those sent must be rejected. */
  expectRejected: number;
  processed: number;
  rejected: number;
  failed: number;
  counted: Record<Counter, number>;
}

export class Account {
  readonly sent = new Map<string, Sent>();
  readonly events = new Map<string, ImageProcessed[]>();
  readonly #counts = new Map<Counter, Counts>();
  readonly #windows: ImageCount[] = [];

  addSent(sent: Sent): void {
    this.sent.set(sent.imageId, sent);
  }

  addEvent(event: ImageProcessed): void {
    const earlier = this.events.get(event.eventId);
    if (earlier) earlier.push(event);
    else this.events.set(event.eventId, [event]);
  }

  setCounts(counter: Counter, counts: Counts): void {
    this.#counts.set(counter, counts);
  }

  addWindow(count: ImageCount): void {
    this.#windows.push(count);
  }

  /** Different windows of image-counts that are closed. */
  get windows(): number {
    return new Set(this.#windows.map(({ windowStart }) => windowStart)).size;
  }

  /** Images in them. */
  get inWindows(): number {
    return sum(this.#windows.map(({ processed, rejected, failed }) => processed + rejected + failed));
  }

  /** How many images a counter has in all. */
  counted(counter: Counter): number {
    return sum([...(this.#counts.get(counter)?.values() ?? [])]);
  }

  /** How many of the images that were sent have an event. */
  get accounted(): number {
    return [...this.sent.keys()].filter((imageId) => this.events.has(imageId)).length;
  }

  count(outcome: ImageProcessed['outcome']): number {
    return [...this.events.values()].flat().filter((event) => event.outcome === outcome).length;
  }

  /** What does not agree, a sentence each; none when every image has its one event and the event is right. */
  disagreements(): string[] {
    const wrong = [...this.sent.values()].flatMap((sent) =>
      disagreement(sent, this.events.get(sent.imageId) ?? []),
    );
    const strangers = [...this.events.keys()].filter((imageId) => !this.sent.has(imageId));
    return [
      ...wrong,
      ...strangers.map((imageId) => `${imageId}: an event of an image that was never sent`),
      ...COUNTERS.flatMap((counter) => this.differences(counter)),
      ...(this.inWindows > this.accounted
        ? [`image-counts has ${this.inWindows} images, image-stats ${this.accounted}`]
        : []),
    ];
  }

  /** Where a counter has another number than image-stats has events. */
  differences(counter: Counter): string[] {
    const events = [...this.events.values()].flat();
    const expected = new Map<string, number>();
    for (const { customerId, type, outcome } of events) {
      const key = countKey(customerId, type, outcome);
      expected.set(key, (expected.get(key) ?? 0) + 1);
    }
    const counts = this.#counts.get(counter) ?? new Map();
    return [...new Set([...expected.keys(), ...counts.keys()])]
      .filter((key) => (expected.get(key) ?? 0) !== (counts.get(key) ?? 0))
      .map(
        (key) => `${counter} counts ${counts.get(key) ?? 0} of ${key}, image-stats ${expected.get(key) ?? 0}`,
      );
  }

  rows(): Row[] {
    const rows = new Map<string, Row>();
    const row = (customer: string, type: string) => {
      const key = `${customer} ${type}`;
      const known = rows.get(key) ?? {
        ...{ customer, type, uploaded: 0, streamed: 0, expectRejected: 0 },
        ...{ processed: 0, rejected: 0, failed: 0, counted: { Redis: 0, warehouse: 0 } },
      };
      rows.set(key, known);
      return known;
    };
    for (const { sample } of this.sent.values()) {
      const found = row(sample.customer, sample.type);
      found[sample.way === 'upload' ? 'uploaded' : 'streamed'] += 1;
      if (sample.expected === 'rejected') found.expectRejected += 1;
    }
    for (const event of [...this.events.values()].flat())
      row(event.customerId, event.type)[event.outcome] += 1;
    for (const [counter, counts] of this.#counts) {
      for (const [key, count] of counts) {
        const [customer, type] = JSON.parse(key);
        row(customer, type).counted[counter] += count;
      }
    }
    return [...rows.values()].sort((a, b) =>
      `${a.customer} ${a.type}`.localeCompare(`${b.customer} ${b.type}`),
    );
  }
}

function disagreement({ imageId, sample }: Sent, events: readonly ImageProcessed[]): string[] {
  const name = `${sample.customer}/${sample.name} (${imageId})`;
  const [event] = events;
  if (!event) return [`${name}: no event`];
  if (events.length > 1) return [`${name}: ${events.length} events`];
  const expected = [sample.customer, sample.type, sample.expected, sample.code ?? null].join(', ');
  const said = [event.customerId, event.type, event.outcome, event.code].join(', ');
  const agrees = expected === [event.customerId, event.type, event.outcome, event.code ?? null].join(', ');
  return agrees
    ? []
    : [`${name}: sent ${expected}; image-stats says ${said}${event.reason ? ` (${event.reason})` : ''}`];
}

/** The table of the summary, as lines. */
export function accountTable(account: Account): string[] {
  const rows = account.rows();
  const right = (row: Row) =>
    row.failed === 0 &&
    row.rejected === row.expectRejected &&
    row.processed + row.rejected === row.uploaded + row.streamed &&
    COUNTERS.every((counter) => row.counted[counter] === row.uploaded + row.streamed);
  const mark = (agrees: boolean) => (agrees ? '✓' : '✗');
  const cells = [
    ['customer', 'type', ...COLUMNS.map(([title]) => title), ''],
    ...rows.map((row, index) => [
      row.customer === rows[index - 1]?.customer ? '' : row.customer,
      row.type,
      ...COLUMNS.map(([, of]) => String(of(row) || '·')),
      mark(right(row)),
    ]),
    [
      'all',
      '',
      ...COLUMNS.map(([, of]) => String(sum(rows.map(of)))),
      mark(account.disagreements().length === 0),
    ],
  ];
  const lines = cells.map(([customer = '', type = '', ...numbers]) =>
    [
      customer.padEnd(10),
      type.padEnd(8),
      ...numbers.map((text, index) => text.padStart(index === COLUMNS.length ? 3 : COLUMN_WIDTH)),
    ].join(''),
  );
  const [head = '', ...body] = lines;
  const rule = '─'.repeat(head.length);
  const over = (columns: number, title: string) => title.padStart(columns * COLUMN_WIDTH);
  const above = `${' '.repeat(18)}${over(2, '──────── sent')}${over(3, '───── image-stats says')}${over(2, '─────── counted by')}`;
  return [above, head, rule, ...body.slice(0, -1), rule, ...body.slice(-1)];
}

const COLUMN_WIDTH = 11;
const COLUMNS: readonly (readonly [title: string, of: (row: Row) => number])[] = [
  ['uploaded', (row) => row.uploaded],
  ['streamed', (row) => row.streamed],
  ['processed', (row) => row.processed],
  ['rejected', (row) => row.rejected],
  ['failed', (row) => row.failed],
  ...COUNTERS.map((counter) => [counter, (row: Row) => row.counted[counter]] as const),
];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
