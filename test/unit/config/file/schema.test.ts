import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { configSchema } from '../../../../src/config/file/schema.ts';
import { WORDS } from '../../../../src/config/file/words.ts';
import { RENDITION_DEFAULTS } from '../../../../src/processors/pipeline.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const { properties } = JSON.parse(readFileSync(join(root, 'schemas/config.schema.json'), 'utf8'));

it('tells editors every option, what it is for, and what is taken without it', () => {
  const [byName] = properties.pipelines.additionalProperties.properties.renditions.anyOf;
  const options: Record<string, { description?: string; default?: unknown }> =
    byName.additionalProperties.properties;
  expect(Object.keys(options)).toHaveLength(21);
  for (const [name, { description }] of Object.entries(options)) expect(description, name).toMatch(/\w/);
  for (const [name, value] of Object.entries(RENDITION_DEFAULTS)) {
    expect(options[name]?.default, name).toEqual(value);
  }
});

it('has words for every place where something may be wrong', () => {
  const silent: string[] = [];
  visit(configSchema, 'the file');
  expect(silent).toEqual([]);

  function visit(schema: unknown, place: string): void {
    if (schema instanceof z.ZodOptional) {
      visit(schema.unwrap(), place);
      return;
    }
    if (!(schema instanceof z.ZodType) || schema instanceof z.ZodLiteral) return;
    const words = WORDS.get(schema);
    if (!words) silent.push(place);
    if (!words?.group) return;
    if (schema instanceof z.ZodRecord) visit(schema.valueType, `${place}.*`);
    else if (schema instanceof z.ZodArray) visit(schema.element, `${place}[]`);
    else if (schema instanceof z.ZodUnion) for (const option of schema.options) visit(option, place);
    else if (schema instanceof z.ZodObject) {
      for (const [name, inner] of Object.entries(schema.shape)) visit(inner, `${place}.${name}`);
    }
  }
});
