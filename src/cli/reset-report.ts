import type { RoleName } from '../config/roles.ts';
import type { Topology } from '../topology/index.ts';
import { inTheWay, type ResetPlan } from '../topology/kafka/reset.ts';
import type { TopicNames } from './offline.ts';

/** What a reset of one role removes, and what it leaves. */
export interface RoleReset {
  readonly role: RoleName;
  /** Absent: the role is no application of Kafka, there is nothing to reset. */
  readonly plan?: ResetPlan;
  /** The counts of the role `counters`. */
  readonly redis?: { readonly prefix: string; readonly keys: number };
  /** What stays as it is, a sentence each. */
  readonly untouched: readonly string[];
}

export interface Kept {
  readonly topics: TopicNames;
  readonly stateDir: string | undefined;
}

/** What a reset of a role leaves as it is, and what that means when it begins again. */
export function untouchedBy(
  role: RoleName,
  topology: Topology | undefined,
  plan: ResetPlan | undefined,
  { topics, stateDir }: Kept,
): string[] {
  const persistent = topology?.subTopologies.some((sub) => sub.stores.some((store) => store.persistent));
  return [
    ...ownNotes(role, topics),
    ...(persistent
      ? [
          `state on other machines: remove the folder ${plan?.applicationId} in ${stateDir === undefined ? 'their STATE_DIR' : stateDir} there, before an instance starts`,
        ]
      : []),
    ...(plan?.otherTopics ?? []).map(
      (topic) => `the topic ${topic}: not of this topology; delete it yourself if it is of an earlier one`,
    ),
  ];
}

function ownNotes(role: RoleName, topics: TopicNames): readonly string[] {
  switch (role) {
    case 'develop':
      return [
        `${topics.stats}, and all that was made of it: images that are read again leave their events again, for the ledger has forgotten them; reset its readers too, or expect them to count twice`,
        `S3: renditions are written again under the same keys; ${topics.deadLetters}: letters come again`,
      ];
    case 'warehouse':
      return [
        `the warehouse: events become rows again, of which its view shows one each; ${topics.stats}; S3`,
      ];
    case 'counters':
      return [`${topics.stats}, which is counted again from its beginning; S3; the warehouse`];
    case 'counts':
      return [
        `${topics.counts}: windows that are still in ${topics.stats} are told again, under the same keys; S3; the warehouse`,
      ];
    case 'intake':
      return ['the queue of uploads: the role keeps nothing of its own'];
    case 'load':
      return ['the warehouse: the role keeps nothing of its own'];
    default:
      return role satisfies never;
  }
}

/** The plan, or what was done, for a person. */
export function resetAsText(resets: readonly RoleReset[], done: boolean): string {
  return resets.map((reset) => textOf(reset, done)).join('\n');
}

function textOf({ role, plan, redis, untouched }: RoleReset, done: boolean): string {
  const lines = [
    ...(plan ? removed(plan) : []),
    ...(redis && redis.keys > 0 ? [`${redis.keys} keys of ${redis.prefix} in Redis: counts and fences`] : []),
  ];
  const refused = plan && inTheWay(plan);
  const verb = done ? 'removed' : 'to remove';
  return [
    plan ? `${role} (${plan.applicationId})` : role,
    ...(lines.length > 0 ? lines.map((line) => `  ${verb}: ${line}`) : [`  nothing ${verb}`]),
    ...untouched.map((line) => `  stays: ${line}`),
    ...(refused && !done ? [`  refused now: ${refused}`] : []),
    '',
  ].join('\n');
}

function removed({ group, applicationId, offsets, topics, folders }: ResetPlan): string[] {
  const parts = offsets.map(
    ({ topic, partitions }) => `${topic} (${partitions} partition${partitions === 1 ? '' : 's'})`,
  );
  return [
    ...(group
      ? [`the group ${applicationId} with its offsets${parts.length > 0 ? ` on ${parts.join(', ')}` : ''}`]
      : []),
    ...topics.map((topic) => `the topic ${topic}`),
    ...folders.map(({ path }) => `the folder ${path}`),
  ];
}
