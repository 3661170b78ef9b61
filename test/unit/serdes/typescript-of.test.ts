import { expect, test } from 'vitest';
import { typescriptOf } from '../../../src/serdes/typescript-of.ts';

const schema = (fields: object[]) => ({ type: 'record', name: 'Cat', doc: 'A cat.', fields });

test('writes interfaces with docs, nullable last, nested records first', () => {
  const paw = {
    type: 'record',
    name: 'Paw',
    doc: 'A paw.',
    fields: [{ name: 'side', type: 'string', doc: 'Which.' }],
  };
  const text = typescriptOf(
    'Cat.avsc',
    schema([
      { name: 'bornAt', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], doc: 'When.' },
      { name: 'paws', type: { type: 'array', items: paw }, doc: 'All.' },
    ]),
  );
  expect(text).toContain(
    '/** A cat. */\nexport interface Cat {\n  /** When. */\n  readonly bornAt: number | null;',
  );
  expect(text).toContain('readonly paws: readonly Paw[];');
  expect(text).toContain('export interface Paw {');
  expect(text).toContain('export const catSchema: string =');
});

test.each([
  ['a field without a doc', schema([{ name: 'age', type: 'int' }]), 'field Cat.age: it has no doc'],
  [
    'a type it does not know',
    schema([{ name: 'age', type: 'Age', doc: 'x' }]),
    'the type Age is not supported',
  ],
  ['a schema without a name', { type: 'record', fields: [] }, 'Cat.avsc: it has no name'],
])('%s is named with its place', (_name, broken, message) => {
  expect(() => typescriptOf('Cat.avsc', broken)).toThrow(message);
});
