import kafkajs, { type PartitionAssigner } from 'kafkajs';
import { assignTasks } from './assignment.ts';
import { dataOf, encodeMemberData, type MemberData } from './member-data.ts';
import { type TaskId, taskKey } from './task-ids.ts';

const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;
export const ASSIGNER_NAME = 'darkroom-sticky';
const VERSION = 1;

export interface AssignerOptions {
  /** What this member says about itself when it joins. */
  readonly self: () => MemberData;
  /** All tasks of the topology, given the number of partitions of its topics. */
  readonly tasks: (partitionsOf: (topic: string) => number) => readonly TaskId[];
  readonly topicsOf: (task: TaskId) => readonly string[];
}

/**
 * Assigns whole tasks: partition p of every topic of a sub-topology goes to one member, if possible the one that has it. A member
 * that runs another topology than the leader, who does this, gets none: two topologies never share the tasks.
 */
export function stickyAssigner(options: AssignerOptions): PartitionAssigner {
  return ({ cluster }) => ({
    name: ASSIGNER_NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: ASSIGNER_NAME,
      metadata: MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: encodeMemberData(options.self()),
      }),
    }),
    assign: async ({ members }) => {
      const widths = new Map<string, number>();
      const partitionsOf = (topic: string) => {
        const known = widths.get(topic) ?? cluster.findTopicPartitionMetadata(topic).length;
        widths.set(topic, known);
        return known;
      };
      const tasks = options.tasks(partitionsOf);
      const byKey = new Map(tasks.map((task) => [taskKey(task), task]));
      const groups = [...Map.groupBy(tasks, (task) => task.subTopology.id).values()].map((group) =>
        group.map(taskKey),
      );
      const { fingerprint: own } = options.self();
      const alike = members
        .map(({ memberId, memberMetadata }) => ({ id: memberId, ...dataOf(memberMetadata) }))
        .filter(({ fingerprint }) => !own || !fingerprint || fingerprint === own);
      const dealt = assignTasks(groups, alike);
      return members.map(({ memberId }) => {
        const assignment: Record<string, number[]> = {};
        for (const key of dealt.get(memberId) ?? []) {
          const task = byKey.get(key);
          for (const topic of task ? options.topicsOf(task) : []) {
            if (!task || task.partition >= partitionsOf(topic)) continue;
            assignment[topic] ??= [];
            assignment[topic].push(task.partition);
          }
        }
        return {
          memberId,
          memberAssignment: MemberAssignment.encode({
            version: VERSION,
            assignment,
            userData: Buffer.alloc(0),
          }),
        };
      });
    },
  });
}
