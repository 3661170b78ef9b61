import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeHeap } from '../../../src/topology/task/time-heap.ts';

describe('a heap by time', () => {
  it('gives items by time, whatever the order of adding and taking', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { freq: 3 })), (steps) => {
        const heap = new TimeHeap<{ time: number }>(({ time }) => time);
        const model: number[] = [];
        for (const step of steps) {
          if (step === null) expect(heap.poll()?.time).toBe(model.shift());
          else {
            heap.add({ time: step });
            model.push(step);
            model.sort((a, b) => a - b);
          }
          expect(heap.peek()?.time).toBe(model[0]);
          expect(heap.size).toBe(model.length);
        }
      }),
    );
  });

  it('gives items of one time in the order of Java’s PriorityQueue', () => {
    const heap = new TimeHeap<string>(() => 0);
    for (const item of ['a', 'b', 'c', 'd', 'e']) heap.add(item);
    // jshell> var q = new PriorityQueue<String>((x, y) -> 0); q.addAll(List.of("a", "b", "c", "d", "e")); q.poll() …
    expect([1, 2, 3, 4, 5].map(() => heap.poll())).toEqual(['a', 'e', 'd', 'c', 'b']);
  });
});
