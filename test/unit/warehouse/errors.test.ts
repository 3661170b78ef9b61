import { describe, expect, it } from 'vitest';
import { StreamsError } from '../../../src/topology/errors.ts';
import { warehouseError } from '../../../src/warehouse/errors.ts';

const failure = (message: string, code?: string) => Object.assign(new Error(message), code ? { code } : {});

describe('an error of the warehouse', () => {
  it.each([
    ['28P01', 'WAREHOUSE_REFUSED', 'fail'],
    ['3D000', 'WAREHOUSE_REFUSED', 'fail'],
    ['42P01', 'WAREHOUSE_NOT_MIGRATED', 'retry'],
    ['3F000', 'WAREHOUSE_NOT_MIGRATED', 'retry'],
    ['ECONNREFUSED', 'WAREHOUSE_UNREACHABLE', 'retry'],
    ['57P03', 'WAREHOUSE_UNREACHABLE', 'retry'],
    ['08006', 'WAREHOUSE_UNREACHABLE', 'retry'],
    ['40001', 'WAREHOUSE_LOAD_FAILED', 'retry'],
    ['XX000', 'WAREHOUSE_LOAD_FAILED', 'retry'],
  ])('%s is %s', (state, code, disposition) => {
    expect(warehouseError(failure('something', state))).toMatchObject({ code, disposition });
  });

  it.each([
    'Connection terminated unexpectedly',
    'timeout expired',
    'Client has encountered a connection error and is not queryable',
  ])('without a code is told by its words: %s', (message) => {
    expect(warehouseError(failure(message))).toMatchObject({ code: 'WAREHOUSE_UNREACHABLE' });
  });

  it('names every address of a name that has several', () => {
    const both = new AggregateError([failure('::1 refused'), failure('127.0.0.1 refused')], '');
    expect(warehouseError(Object.assign(both, { code: 'ECONNREFUSED' })).message).toContain(
      '::1 refused; 127.0.0.1 refused',
    );
  });

  it('that has its code already keeps it', () => {
    const known = new StreamsError('WAREHOUSE_MIGRATION_CHANGED', 'fail', 'changed');
    expect(warehouseError(known)).toBe(known);
  });
});
