// Topics keep what was written by earlier versions, and other teams read with the schemas that they once took: test/unit/serdes/earlier
// holds a schema as it was before each change.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import avro from 'avsc';
import { describe, expect, it } from 'vitest';
import { AvroFormat } from '../../../src/serdes/avro-format.ts';
import { type ImageProcessed, imageProcessedSchema } from '../../../src/serdes/image-processed.generated.ts';
import { processed } from './samples.ts';

const folder = join(import.meta.dirname, 'earlier');
const earlier = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const);
const names = (schema: string) => JSON.parse(schema).fields.map(({ name }: { name: string }) => name);

describe.each(earlier)('the events of %s', (_name, schema) => {
  const known: string[] = names(schema);
  const added: string[] = names(imageProcessedSchema).filter((name: string) => !known.includes(name));
  const old = Object.fromEntries(Object.entries(processed).filter(([name]) => known.includes(name)));
  const writer = avro.Type.forSchema(JSON.parse(schema));

  it('are read today, with null for what they do not say', () => {
    const format = new AvroFormat<ImageProcessed>(imageProcessedSchema);
    const head = Buffer.from([0, 0, 0, 0, 7]);
    const bytes = Buffer.concat([head, writer.toBuffer(old)]);
    const nulls = Object.fromEntries(added.map((name) => [name, null]));
    expect(added.length).toBeGreaterThan(0);
    expect(format.decodePayload(bytes, format.readingOf(writer))).toEqual({
      ok: true,
      value: { ...old, ...nulls },
    });
  });

  it('are written as those of today, where they waited for the ledger while the service was brought up to date', () => {
    const format = new AvroFormat<object>(imageProcessedSchema);
    const today = avro.Type.forSchema(JSON.parse(imageProcessedSchema));
    const nulls = Object.fromEntries(added.map((name) => [name, null]));
    expect(format.encode(7, JSON.parse(JSON.stringify(old))).subarray(5)).toEqual(
      today.toBuffer({ ...old, ...nulls }),
    );
  });

  it('are what their readers see of those of today', () => {
    const today = avro.Type.forSchema(JSON.parse(imageProcessedSchema));
    const seen = writer.fromBuffer(today.toBuffer(processed), writer.createResolver(today));
    expect(seen).toEqual(old);
  });
});
