// Does image-stats say what was sent? Kept by image, shown by customer and type.
import type { ImageProcessed } from '../../src/serdes/image-processed.generated.ts';
import type { Sent } from './send.ts';

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
}

export class Account {
  readonly sent = new Map<string, Sent>();
  readonly events = new Map<string, ImageProcessed[]>();

  addSent(sent: Sent): void {
    this.sent.set(sent.imageId, sent);
  }

  addEvent(event: ImageProcessed): void {
    const earlier = this.events.get(event.eventId);
    if (earlier) earlier.push(event);
    else this.events.set(event.eventId, [event]);
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
    return [...wrong, ...strangers.map((imageId) => `${imageId}: an event of an image that was never sent`)];
  }

  rows(): Row[] {
    const rows = new Map<string, Row>();
    const row = (customer: string, type: string) => {
      const key = `${customer} ${type}`;
      const known = rows.get(key) ?? {
        ...{ customer, type, uploaded: 0, streamed: 0, expectRejected: 0 },
        ...{ processed: 0, rejected: 0, failed: 0 },
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
  const totals = (name: 'uploaded' | 'streamed' | 'processed' | 'rejected' | 'failed') =>
    rows.reduce((sum, row) => sum + row[name], 0);
  const right = (row: Row) =>
    row.failed === 0 &&
    row.rejected === row.expectRejected &&
    row.processed + row.rejected === row.uploaded + row.streamed;
  const cells = [
    ['customer', 'type', 'uploaded', 'streamed', 'processed', 'rejected', 'failed', ''],
    ...rows.map((row, index) => [
      row.customer === rows[index - 1]?.customer ? '' : row.customer,
      row.type,
      ...[row.uploaded, row.streamed, row.processed, row.rejected, row.failed]
        .map((count) => count || '·')
        .map(String),
      right(row) ? '✓' : '✗',
    ]),
    [
      'all',
      '',
      ...(['uploaded', 'streamed', 'processed', 'rejected', 'failed'] as const).map((name) =>
        String(totals(name)),
      ),
      account.disagreements().length === 0 ? '✓' : '✗',
    ],
  ];
  const lines = cells.map(([customer = '', type = '', ...numbers]) =>
    [
      customer.padEnd(10),
      type.padEnd(8),
      ...numbers.map((text, index) => text.padStart(index === 5 ? 3 : 11)),
    ].join(''),
  );
  const [head = '', ...body] = lines;
  const rule = '─'.repeat(head.length);
  const above = `${' '.repeat(18)}${'──────── sent'.padStart(22)}${'───── image-stats says'.padStart(33)}`;
  return [above, head, rule, ...body.slice(0, -1), rule, ...body.slice(-1)];
}
