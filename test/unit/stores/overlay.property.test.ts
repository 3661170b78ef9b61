import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoreWrite } from '../../../src/topology/stores/bytes.ts';
import { Overlay } from '../../../src/topology/stores/overlay.ts';
import { storages } from './storages.ts';

/** Rows as plain text, sorted when asked. */
class Model {
  committed = new Map<string, string>();
  readonly pending: { readonly key: string; readonly value: string | null; readonly drops: boolean }[] = [];

  apply(rows: Map<string, string>, upTo: number): Map<string, string> {
    for (const { key, value, drops } of this.pending.slice(0, upTo)) {
      if (drops) for (const row of [...rows.keys()].filter((other) => other < key)) rows.delete(row);
      else if (value === null) rows.delete(key);
      else rows.set(key, value);
    }
    return rows;
  }

  rows(from: string | null, to: string | null, reverse: boolean): [string, string][] {
    const all = [...this.apply(new Map(this.committed), this.pending.length)]
      .filter(([key]) => (from === null || key >= from) && (to === null || key < to))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return reverse ? all.reverse() : all;
  }
}

const bytes = (text: string | null) => (text === null ? null : Buffer.from(text, 'latin1'));
const some = (text: string) => Buffer.from(text, 'latin1');
const text = (buffer: Buffer) => buffer.toString('latin1');

const key = fc
  .array(fc.constantFrom(0, 1, 0x61, 0x62, 0xfe, 0xff), { maxLength: 3 })
  .map((b) => text(Buffer.from(b)));
const bound = fc.option(key, { nil: null });
const value = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const put = fc.record({ do: fc.constant('put' as const), key, value });
const action = fc.oneof(
  { weight: 10, arbitrary: put },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('get' as const), key }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('walk' as const),
      from: bound,
      to: bound,
      reverse: fc.boolean(),
      /** What is done after each step: a put, or a commit of that share of what is pending. */
      between: fc.array(fc.oneof(put, fc.nat(100)), { maxLength: 6 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('commit' as const), percent: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rollback' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), key }) },
);

describe.each(storages)('an overlay over $name', ({ name, open }) => {
  test('keeps what was dropped from the next overlay too', () => {
    using temporary = open();
    const { storage } = temporary;
    const writes: StoreWrite[] = [];
    const over = () =>
      new Overlay(storage.rows('s'), (key, value, dropsBelow) =>
        writes.push({ store: 's', key, value, timestamp: 0, dropsBelow }),
      );
    over().dropBelow(some('b'));
    storage.apply(writes.splice(0), new Map());
    const next = over();
    next.put(some('a'), some('1'));
    next.put(some('b'), some('2'));
    expect([...next.range(null, null)].map(([key]) => text(key))).toEqual(['b']);
    expect(writes).toHaveLength(1);
  });

  test('reads, walks, commits and rolls back as a sorted map would', () => {
    fc.assert(
      fc.property(fc.nat(80), fc.array(action, { maxLength: 60 }), (rows, actions) => {
        using temporary = open();
        const { storage } = temporary;
        const model = new Model();
        let writes: StoreWrite[] = [];
        let applied = 0;
        let floor = '';
        let committedFloor = '';
        const over = () =>
          new Overlay(storage.rows('s'), (writtenKey, written, dropsBelow) =>
            writes.push({ store: 's', key: writtenKey, value: written, timestamp: 0, dropsBelow }),
          );
        let overlay = over();
        let forgotten = 0;
        const write = (putKey: string, putValue: string | null) => {
          overlay.put(some(putKey), bytes(putValue));
          if (putKey >= floor) model.pending.push({ key: putKey, value: putValue, drops: false });
        };
        const commit = (percent: number) => {
          const count = Math.round((writes.length * percent) / 100);
          applied += count;
          storage.apply(writes.slice(0, count), new Map([['s', applied]]));
          forgotten += count;
          overlay.forget(forgotten);
          for (const { key: low } of model.pending.slice(0, count).filter(({ drops }) => drops))
            committedFloor = low;
          model.committed = model.apply(model.committed, count);
          model.pending.splice(0, count);
          writes = writes.slice(count);
          expect(storage.position('s')).toBe(applied);
        };
        for (let row = 0; row < rows; row += 1) write(`a${String.fromCharCode(row * 3)}`, `${row}`);
        commit(100);
        for (const next of actions) {
          switch (next.do) {
            case 'put':
              write(next.key, next.value);
              break;
            case 'get': {
              const row = model.rows(next.key, `${next.key}\0`, false)[0];
              expect(overlay.get(some(next.key))).toEqual(row ? some(row[1]) : null);
              break;
            }
            case 'walk': {
              const { from, to, reverse, between } = next;
              const todo = [...between];
              let last: string | undefined;
              for (const [rowKey, rowValue] of overlay.range(bytes(from), bytes(to), reverse)) {
                const after = last;
                const wanted = model
                  .rows(from, to, reverse)
                  .find(([at]) => after === undefined || (reverse ? at < after : at > after));
                expect([text(rowKey), text(rowValue)]).toEqual(wanted);
                last = text(rowKey);
                const step = todo.shift();
                if (typeof step === 'number') commit(step);
                else if (step !== undefined) write(step.key, step.value);
              }
              const after = last;
              expect(
                model
                  .rows(from, to, reverse)
                  .filter(([at]) => after === undefined || (reverse ? at < after : at > after)),
              ).toEqual([]);
              break;
            }
            case 'commit':
              commit(next.percent);
              break;
            case 'rollback':
              overlay = over();
              writes = [];
              forgotten = 0;
              floor = committedFloor;
              model.pending.length = 0;
              break;
            case 'drop':
              if (next.key <= floor) break;
              overlay.dropBelow(some(next.key));
              floor = next.key;
              for (const [row] of model.rows(null, next.key, false))
                expect(overlay.get(some(row))).toBeNull();
              model.pending.push({ key: next.key, value: null, drops: true });
              break;
            default:
              next satisfies never;
          }
        }
        commit(100);
        expect(overlay.sizeBytes).toBe(0);
        const kept = [...storage.rows('s').range(null, null)].map(([k, v]) => [text(k), text(v)]);
        expect(kept).toEqual(model.rows(null, null, false));
      }),
      { numRuns: name === 'LMDB' ? 60 : 300 },
    );
  }, 60_000);
});
