import kafkajs, { type PartitionAssigner } from 'kafkajs';
import { assignTasks } from './assignment.ts';
import { type TaskId, taskKey } from './task-ids.ts';

const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;
const NAME = 'darkroom-sticky';
const VERSION = 1;

export interface AssignerOptions {
  /** The tasks that this member runs now; sent along when it joins. */
  readonly owned: () => readonly string[];
  /** All tasks of the topology, given the number of partitions of its topics. */
  readonly tasks: (partitionsOf: (topic: string) => number) => readonly TaskId[];
  readonly topicsOf: (task: TaskId) => readonly string[];
}

function parseOwned(userData: Buffer | undefined): string[] {
  try {
    const owned: unknown = JSON.parse(userData?.toString('utf8') || '[]');
    return Array.isArray(owned) ? owned.filter((task) => typeof task === 'string') : [];
  } catch {
    return []; // another version's words: that member starts with nothing
  }
}

/** Assigns whole tasks: partition p of every topic of a sub-topology goes to one member, if possible the one that has it. */
export function stickyAssigner(options: AssignerOptions): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: MemberMetadata.encode({
        version: VERSION,
        topics,
        userData: Buffer.from(JSON.stringify(options.owned())),
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
      const dealt = assignTasks(
        groups,
        members.map(({ memberId, memberMetadata }) => ({
          id: memberId,
          owned: parseOwned(MemberMetadata.decode(memberMetadata)?.userData),
        })),
      );
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
