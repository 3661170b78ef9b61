import { describe, expect, it } from 'vitest';
import { expectedOutputs, type Output } from '../../chaos/oracle.ts';
import type { Event } from '../../chaos/topology.ts';
import { judge } from '../../chaos/verdict.ts';
import type { Committed } from '../../recount/committed.ts';

const at = (offset: number, key: string, value: string): Committed => ({
  partition: 0,
  offset,
  timestamp: 0,
  headers: new Map(),
  key: Buffer.from(key),
  value: Buffer.from(value),
  written: 'by nobody',
});
const event = (offset: number, key: string, fields: Event) => at(offset, key, JSON.stringify(fields));

const left = [
  event(0, 'a', { id: 1, group: 'g', atMs: 1_000 }),
  event(1, 'b', { id: 2, group: 'g', atMs: 2_000 }),
  event(2, 'a', { id: 3, group: 'h', atMs: 12_000 }),
];
const right = [
  event(0, 'a', { id: 4, group: 'g', atMs: 1_900 }),
  event(1, 'b', { id: 5, group: 'g', atMs: 3_001 }),
];
const expected = expectedOutputs('plain', left, right);

/** Outputs that are as they should be, but for what is changed in them. */
function outputs(
  changed: Partial<Record<Output, readonly Committed[]>> = {},
): Map<Output, readonly Committed[]> {
  const all = [...expected].map(([output, { values }]): [Output, readonly Committed[]] => {
    const texts = [...values].flatMap(([key, own]) => own.map((text): [string, string] => [key, text]));
    return [output, changed[output] ?? texts.map(([key, text], offset) => at(offset, key, text))];
  });
  return new Map(all);
}

describe('the verdict of the chaos test', () => {
  it('finds nothing wrong in what the inputs say', () => {
    expect(judge(expected, outputs())).toMatchObject({
      verdict: { missing: 0, double: 0, stateWrong: 0 },
      notes: [],
    });
  });

  it('expects pairs within the join window alone', () => {
    expect(expected.get('joined')?.values).toEqual(new Map([['a', ['1|4']]]));
  });

  it('counts a result that did not come', () => {
    const counts = [at(0, 'a', '1'), at(1, 'b', '1')];
    expect(judge(expected, outputs({ counts })).verdict).toEqual({ missing: 1, double: 0, stateWrong: 0 });
  });

  it('counts a result that came again', () => {
    const joined = [at(0, 'a', '1|4'), at(1, 'a', '1|4')];
    expect(judge(expected, outputs({ joined })).verdict).toEqual({ missing: 0, double: 1, stateWrong: 0 });
  });

  it('counts a result that only a wrong store explains', () => {
    const counts = [at(0, 'a', '1'), at(1, 'a', '2'), at(2, 'a', '3'), at(3, 'b', '1')];
    expect(judge(expected, outputs({ counts })).verdict).toEqual({ missing: 0, double: 0, stateWrong: 1 });
  });

  it('counts a key whose results lie in another order', () => {
    const echo = [at(0, 'a', '3'), at(1, 'a', '1'), at(2, 'b', '2')];
    expect(judge(expected, outputs({ echo })).verdict).toEqual({ missing: 0, double: 0, stateWrong: 1 });
  });
});
