import { describe, expect, it } from 'vitest';
import { assignTasks } from '../../../src/topology/kafka/assignment.ts';

const tasks = (sub: number, count: number) => Array.from({ length: count }, (_, p) => `${sub}_${p}`);
const sizes = (dealt: ReadonlyMap<string, readonly string[]>) => [...dealt.values()].map((got) => got.length);

describe('assignTasks', () => {
  it('deals every task once, evenly in each sub-topology and in all', () => {
    const groups = [tasks(0, 8), tasks(1, 4), tasks(2, 1)];
    const dealt = assignTasks(
      groups,
      ['a', 'b', 'c'].map((id) => ({ id, owned: [] })),
    );
    expect([...dealt.values()].flat().toSorted()).toEqual(groups.flat().toSorted());
    expect(Math.max(...sizes(dealt)) - Math.min(...sizes(dealt))).toBeLessThanOrEqual(1);
    for (const got of dealt.values())
      expect(got.filter((task) => task.startsWith('0_')).length).toBeGreaterThanOrEqual(2);
  });

  it('leaves tasks where they run when a member joins, up to the fair share', () => {
    const before = assignTasks(
      [tasks(0, 8)],
      [
        { id: 'a', owned: [] },
        { id: 'b', owned: [] },
      ],
    );
    const members = ['a', 'b', 'c'].map((id) => ({ id, owned: before.get(id) ?? [] }));
    const after = assignTasks([tasks(0, 8)], members);
    for (const id of ['a', 'b']) expect(before.get(id)).toEqual(expect.arrayContaining(after.get(id) ?? []));
    expect(sizes(after).toSorted()).toEqual([2, 3, 3]);
  });

  it('moves only the tasks of the member that left', () => {
    const owned = { a: ['0_0', '0_1', '0_2'], b: ['0_3', '0_4', '0_5'] };
    const after = assignTasks(
      [tasks(0, 8)],
      Object.entries(owned).map(([id, o]) => ({ id, owned: o })),
    );
    for (const [id, o] of Object.entries(owned)) expect(after.get(id)).toEqual(expect.arrayContaining(o));
  });

  it('deals the same whatever the order of members, and a task that two claim only once', () => {
    const members = [
      { id: 'a', owned: ['0_0', '0_1'] },
      { id: 'b', owned: ['0_0', '0_1'] },
    ];
    const one = assignTasks([tasks(0, 4)], members);
    expect(assignTasks([tasks(0, 4)], members.toReversed())).toEqual(one);
    expect([...one.values()].flat().toSorted()).toEqual(tasks(0, 4));
  });
});
