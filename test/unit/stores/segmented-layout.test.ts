import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SegmentedLayout } from '../../../src/topology/stores/segmented-layout.ts';

const key = fc
  .array(fc.oneof(fc.constantFrom(0, 1, 0xfe, 0xff), fc.nat(255)), { maxLength: 6 })
  .map((bytes) => Buffer.from(bytes));
const time = fc.oneof(fc.nat(100), fc.integer({ min: 0, max: 1_000_000 }), fc.maxSafeNat());
const shapes = fc.record({
  segmentMs: fc.constantFrom(60_000, 86_400_000),
  withStart: fc.boolean(),
  numbered: fc.boolean(),
  byTime: fc.boolean(),
});

const sign = (a: Buffer, b: Buffer) => Buffer.compare(a, b);

describe('the layout of windows and sessions', () => {
  test('orders the rows of a segment by key, then time, then start, then number', () => {
    const place = fc.tuple(key, time, time, fc.nat(3));
    fc.assert(
      fc.property(shapes, place, place, (shape, [a, timeA, startA, numberA], [b, timeB, startB, numberB]) => {
        const layout = new SegmentedLayout(shape);
        const starts = shape.withStart ? startA - startB : 0;
        const numbers = shape.numbered ? numberA - numberB : 0;
        const wanted = sign(a, b) || Math.sign(timeA - timeB || starts || numbers);
        const rowA = layout.row(a, timeA, startA, numberA, 7);
        const rowB = layout.row(b, timeB, startB, numberB, 7);
        expect(sign(rowA, rowB)).toBe(wanted);
        const listed = Math.sign(timeA - timeB || starts) || sign(a, b) || Math.sign(numbers);
        expect(sign(layout.listed(rowA), layout.listed(rowB))).toBe(listed);
      }),
    );
  });

  test('reads back what it wrote, also by way of the list and of the changelog', () => {
    fc.assert(
      fc.property(shapes, key, time, time, fc.nat(2 ** 32 - 1), (shape, bytes, timeMs, startMs, number) => {
        const layout = new SegmentedLayout(shape);
        const row = layout.row(bytes, timeMs, startMs, number);
        expect(layout.segmentAt(row)).toBe(layout.segmentOf(timeMs));
        expect(layout.read(row)).toEqual({ key: bytes, timeMs, startMs: shape.withStart ? startMs : timeMs });
        if (shape.numbered) expect(layout.numberOf(row)).toBe(number);
        expect(layout.unlisted(layout.listed(row))).toEqual(row);
        expect(layout.toChangelog(layout.listed(row))).toBeNull();
        const logged = layout.toChangelog(row) ?? Buffer.alloc(0);
        const value = Buffer.from('x');
        expect(layout.fromChangelog(logged, value)[0]).toEqual([row, value]);
        expect(layout.fromChangelog(logged, null)).toHaveLength(shape.byTime ? 2 : 1);
        expect(Buffer.compare(row, layout.segment(layout.segmentOf(timeMs)))).toBe(1);
        expect(Buffer.compare(row, layout.segment(layout.segmentOf(timeMs) + 1))).toBe(-1);
      }),
    );
  });
});
