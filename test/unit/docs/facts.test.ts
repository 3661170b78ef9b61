import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { perceptualDistance } from '../../../src/processors/facts/perceptual-hash.ts';
import { imageProcessedSchema } from '../../../src/serdes/image-processed.generated.ts';
import { COLUMNS, EVENT_ONLY } from '../../../src/warehouse/columns.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'facts.md'), 'utf8');
const rows = [...page.matchAll(/^\| `(\w+)`.*\| +(\S+) +\|$/gm)].map(([, field = '', column = '']) => ({
  field,
  column,
}));
const fields: string[] = JSON.parse(imageProcessedSchema).fields.map(({ name }: { name: string }) => name);
const NOT_OF_THE_IMAGE = [
  'eventId',
  'attemptId',
  'revision',
  'customerId',
  'source',
  'outcome',
  'code',
  'reason',
  'pipeline',
];
const NOR_THESE = ['renditions', 'createdAt', 'receivedAt', 'processedAt', 'durationMs', 'replaces'];

it('docs/facts.md lists every fact that the event has', () => {
  const others = [...NOT_OF_THE_IMAGE, ...NOR_THESE, 'sourceTopic', 'sourcePartition', 'sourceOffset'];
  expect(rows.map(({ field }) => field).sort()).toEqual(
    fields.filter((name) => !others.includes(name)).sort(),
  );
});

it('docs/facts.md says which of them are columns of the warehouse', () => {
  for (const { field, column } of rows) {
    const name = COLUMNS.find((one) => one.field === field)?.name;
    expect(column, field).toBe(name ? `\`${name}\`` : 'no');
    expect(
      EVENT_ONLY.some((one) => one === field),
      field,
    ).toBe(name === undefined);
  }
});

it('docs/facts.md compares hashes as the code does', () => {
  const [, example = ''] = /```ts\n(const distance[^`]*(?:`0x[^`]*`[^`]*)*)```/.exec(page) ?? [];
  const distance = new Function(`${stripTypeScriptTypes(example)}; return distance;`)();
  for (const [one, other] of [
    ['442aae6231062044', 'd1064c988d82f00e'],
    ['0000000000000000', 'ffffffffffffffff'],
  ] as const) {
    expect(distance(one, other)).toBe(perceptualDistance(one, other));
    expect(distance(one, one)).toBe(0);
  }
});
