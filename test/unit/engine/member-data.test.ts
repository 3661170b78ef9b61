import kafkajs, { type Assigner } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { stickyAssigner } from '../../../src/topology/kafka/assigner.ts';
import {
  assignmentOf,
  dataOf,
  decodeMemberData,
  encodeMemberData,
} from '../../../src/topology/kafka/member-data.ts';

const { MemberMetadata } = kafkajs.AssignerProtocol;
const subTopology = { id: 0, name: 'part', nodes: [], stores: [], copartitioned: [] };

/** The assigner of one member of a group that reads one topic of four partitions. */
function assignerOf(fingerprint: string | undefined, owned: readonly string[] = []): Assigner {
  const cluster = {
    findTopicPartitionMetadata: () => Array.from({ length: 4 }, (_, partitionId) => ({ partitionId })),
  };
  return Reflect.apply(
    stickyAssigner({
      self: () => ({ owned, ...(fingerprint === undefined ? {} : { fingerprint }) }),
      tasks: (partitionsOf) =>
        Array.from({ length: partitionsOf('in') }, (_, partition) => ({ subTopology, partition })),
      topicsOf: () => ['in'],
    }),
    undefined,
    [{ cluster }],
  );
}

const member = (memberId: string, userData: Buffer) => ({
  memberId,
  memberMetadata: MemberMetadata.encode({ version: 1, topics: ['in'], userData }),
});

async function dealt(leader: Assigner, members: ReturnType<typeof member>[]) {
  const answers = await leader.assign({ members, topics: ['in'] });
  return Object.fromEntries(
    answers.map(({ memberId, memberAssignment }) => [memberId, assignmentOf(memberAssignment).in ?? []]),
  );
}

describe('what members of a group say about themselves', () => {
  it('is understood', () => {
    const data = { owned: ['0_1'], server: 'here:80', fingerprint: 'abc' };
    const metadata = MemberMetadata.encode({ version: 1, topics: [], userData: encodeMemberData(data) });
    expect(dataOf(metadata)).toEqual(data);
  });

  it.each([
    ['["0_1","0_2"]', { owned: ['0_1', '0_2'] }],
    ['{"owned":["0_1",7],"server":9,"later":true}', { owned: ['0_1'] }],
    ['', { owned: [] }],
    ['no json', { owned: [] }],
    ['null', { owned: [] }],
  ])('is understood as far as it goes from another version: %s', (text, expected) => {
    expect(decodeMemberData(Buffer.from(text))).toEqual(expected);
  });
});

describe('a group of members of different versions', () => {
  it('shares the tasks, and those of the version before keep theirs', async () => {
    const before = member('before', Buffer.from('["0_2","0_3"]'));
    const now = member('now', encodeMemberData({ owned: ['0_0', '0_1'], fingerprint: 'abc' }));
    expect(await dealt(assignerOf('abc'), [now, before])).toEqual({ now: [0, 1], before: [2, 3] });
  });

  it('prefers who runs a task, then who has its state on disk', async () => {
    const fresh = member('fresh', encodeMemberData({ owned: [] }));
    const back = member('back', encodeMemberData({ owned: [], local: ['0_3', '0_2', '0_0'] }));
    expect(await dealt(assignerOf('abc'), [fresh, back])).toEqual({ fresh: [0, 1], back: [3, 2] });
    const runs = member('runs', encodeMemberData({ owned: ['0_2', '0_3'] }));
    expect(await dealt(assignerOf('abc'), [runs, back])).toEqual({ runs: [2, 3], back: [0, 1] });
  });

  it('gives nothing to a member that runs another topology than the leader', async () => {
    const other = member('other', encodeMemberData({ owned: ['0_2', '0_3'], fingerprint: 'xyz' }));
    const leader = member('leader', encodeMemberData({ owned: [], fingerprint: 'abc' }));
    expect(await dealt(assignerOf('abc'), [other, leader])).toEqual({ leader: [0, 1, 2, 3], other: [] });
  });
});
