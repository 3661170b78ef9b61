import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { StreamsError } from '../errors.ts';
import type { Topology } from '../graph/topology.ts';
import { createKafka } from './client.ts';
import { errorType, unreachable } from './errors.ts';
import type { KafkaSettings, Logger } from './settings.ts';
import { type FoundFolder, StateFolders } from './state-folders.ts';
import { TopicNames } from './task-ids.ts';
import { partitionCounts } from './topics.ts';

const GONE_ATTEMPTS = 100;
const GONE_WAIT_MS = 200;

/** An application whose progress and state are to be forgotten. */
export interface ResetSubject {
  readonly topology: Topology;
  readonly applicationId: string;
  /** Where its state lies on this machine; absent: in memory. */
  readonly stateDir: string | undefined;
}

/** Somebody who is in the application's group now. */
export interface GroupMember {
  readonly memberId: string;
  readonly clientId: string;
  readonly host: string;
}

/** What an application has that a reset removes, and who is in the way. */
export interface ResetPlan {
  readonly applicationId: string;
  readonly members: readonly GroupMember[];
  /** Whether brokers know the group. */
  readonly group: boolean;
  /** Topics with committed offsets. */
  readonly offsets: readonly { readonly topic: string; readonly partitions: number }[];
  /** Its repartitions and changelogs that exist. */
  readonly topics: readonly string[];
  /** Its state on this machine. */
  readonly folders: readonly FoundFolder[];
  /** Topics that are named like its own, but this topology does not have them: an earlier one's, or another application's. */
  readonly otherTopics: readonly string[];
}

/** What a topology's own topics are called on the broker: repartitions, then changelogs. */
export function ownTopics(topology: Topology, applicationId: string): string[] {
  const names = new TopicNames(applicationId, topology);
  const stores = topology.subTopologies.flatMap((sub) => sub.stores.filter(({ logged }) => logged));
  return [
    ...topology.repartitionTopics.map(({ name }) => names.physical(name)),
    ...new Set(stores.map(({ name }) => names.changelog(name))),
  ];
}

/** Who keeps the application from being reset, in words; undefined: nobody. */
export function inTheWay({ applicationId, members, folders }: ResetPlan): string | undefined {
  const held = folders.filter((folder) => folder.held);
  if (members.length + held.length === 0) return undefined;
  const who = [
    ...members.map(({ memberId, clientId, host }) => `member ${memberId} (client ${clientId}, at ${host})`),
    ...held.map(({ path }) => `a process on this machine that holds ${path}`),
  ];
  return (
    `${applicationId} is still run: ${who.join('; ')}. What to do: stop every instance (SIGTERM), wait until they have left the group ` +
    '(after a crash: SESSION_TIMEOUT), and reset then'
  );
}

/** Finds out and removes what applications have on the brokers and on this machine. */
export class ApplicationResets {
  readonly #admin: Admin;
  readonly #logger: Logger;

  private constructor(admin: Admin, logger: Logger) {
    this.#admin = admin;
    this.#logger = logger;
  }

  /** Throws KAFKA_UNREACHABLE, or why the brokers do not let us in. */
  static async connect(settings: KafkaSettings, logger: Logger): Promise<ApplicationResets> {
    const admin = createKafka(settings, logger).admin();
    await admin.connect().catch((error: unknown) => {
      throw unreachable(settings.brokers, error);
    });
    return new ApplicationResets(admin, logger);
  }

  /** Changes nothing. */
  async plan({ topology, applicationId, stateDir }: ResetSubject): Promise<ResetPlan> {
    const [{ groups }, offsets, counts] = await Promise.all([
      this.#admin.describeGroups([applicationId]),
      this.#admin.fetchOffsets({ groupId: applicationId }),
      partitionCounts(this.#admin),
    ]);
    const [group] = groups;
    const own = ownTopics(topology, applicationId);
    return {
      applicationId,
      members: (group?.members ?? []).map(({ memberId, clientId, clientHost }) => ({
        memberId,
        clientId,
        host: clientHost.replace(/^\//, ''),
      })),
      group: group !== undefined && group.state !== 'Dead',
      offsets: offsets.map(({ topic, partitions }) => ({ topic, partitions: partitions.length })),
      topics: own.filter((topic) => counts.has(topic)),
      folders: stateDir === undefined ? [] : new StateFolders(stateDir, applicationId, this.#logger).found(),
      otherTopics: [...counts.keys()].filter(
        (topic) =>
          topic.startsWith(`${applicationId}-`) &&
          /-(changelog|repartition)$/.test(topic) &&
          !own.includes(topic),
      ),
    };
  }

  /**
   * Removes what the plan names: the group first, since brokers refuse that while it has members. Throws RESET_REFUSED then, with
   * nothing removed; after any other error it is to be called again before an instance starts, or that one would join old
   * state and new progress.
   */
  async carryOut(plan: ResetPlan, subject: ResetSubject): Promise<void> {
    const refusal = inTheWay(plan);
    if (refusal) throw new StreamsError('RESET_REFUSED', 'fail', refusal);
    if (plan.group) await this.#deleteGroup(plan.applicationId);
    if (plan.topics.length > 0) await this.#deleteTopics(plan.topics);
    if (subject.stateDir !== undefined)
      new StateFolders(subject.stateDir, plan.applicationId, this.#logger).removeAll();
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
  }

  async #deleteGroup(groupId: string): Promise<void> {
    try {
      await this.#admin.deleteGroups([groupId]);
    } catch (error) {
      const types = groupErrors(error).map(errorType);
      if (types.includes('GROUP_ID_NOT_FOUND')) return;
      if (!types.includes('NON_EMPTY_GROUP')) throw error;
      throw new StreamsError(
        'RESET_REFUSED',
        'fail',
        `an instance has joined ${groupId} meanwhile. What to do: stop every instance, and reset then`,
        { cause: error },
      );
    }
  }

  /** Returns when no broker that is asked knows them any more: an instance that started sooner would take them for its own. */
  async #deleteTopics(topics: readonly string[]): Promise<void> {
    await this.#admin.deleteTopics({ topics: [...topics] });
    for (let attempt = 1; ; attempt++) {
      const counts = await partitionCounts(this.#admin);
      const left = topics.filter((topic) => counts.has(topic));
      if (left.length === 0) return;
      if (attempt === GONE_ATTEMPTS)
        throw new Error(`deleted, but still there: ${left.join(', ')} (delete.topic.enable of the brokers?)`);
      await delay(GONE_WAIT_MS);
    }
  }
}

/** What KafkaJS says of each group that it could not delete. */
function groupErrors(error: unknown): readonly unknown[] {
  const groups: unknown = error instanceof Error ? Reflect.get(error, 'groups') : undefined;
  if (!Array.isArray(groups)) return [error];
  return groups.map((group: unknown) =>
    typeof group === 'object' && group !== null ? Reflect.get(group, 'error') : error,
  );
}
