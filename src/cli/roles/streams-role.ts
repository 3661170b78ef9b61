import { setTimeout as delay } from 'node:timers/promises';
import type { Probe } from '../../observability/metrics.ts';
import type { ErrorHandlers, Topology } from '../../topology/index.ts';
import { KafkaStreams } from '../../topology/kafka/streams.ts';
import { externalTopics, requireTopics } from '../../topology/kafka/topics.ts';
import { applicationIdOf } from '../application-id.ts';
import { withAdmin } from '../kafka-admin.ts';
import { kafkaSettings } from '../kafka-settings.ts';
import { streamsProbes } from '../streams-probes.ts';
import { Dependencies, type Dependency } from './dependencies.ts';
import type { Role, RoleContext } from './role.ts';

export interface StreamsRoleOptions {
  readonly name: string;
  readonly topology: Topology;
  /** What the topology's functions stand on; the brokers are added. */
  readonly dependencies: readonly Dependency[];
  readonly memoryBudgetBytes: number;
  /** The engine's own bound unless given. */
  readonly maxPartitionFetchBytes?: number;
  /** Windows close by the clock when nothing has come for so long, ms; never unless given. */
  readonly idleTimeoutMs?: number;
  /** With the topic for what they answer `dead-letter` to; else every failure ends the role. */
  readonly handlers?: ErrorHandlers;
  readonly deadLetterTopic?: string;
  /** Beside the engine's own. */
  readonly probes?: readonly Probe[];
  /** Closes what the topology's functions use, after the engine has ended. */
  readonly release: () => Promise<void>;
}

/** A role that is one application of the engine, in the consumer group `<APPLICATION_ID>-<name>`. */
export function streamsRole(options: StreamsRoleOptions, { config, logger }: RoleContext): Role {
  const { name, topology, memoryBudgetBytes, maxPartitionFetchBytes, idleTimeoutMs, release } = options;
  const { handlers, deadLetterTopic } = options;
  const { engine } = config;
  const kafka = kafkaSettings(config.kafka);
  for (const warning of topology.warnings) logger.warn({}, warning);
  const applicationId = applicationIdOf(engine.applicationId, name);
  const streams = new KafkaStreams(topology, {
    ...engine,
    requireNames: true,
    applicationId,
    kafka,
    memoryBudgetBytes,
    ...(maxPartitionFetchBytes === undefined ? {} : { maxPartitionFetchBytes }),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(handlers && { handlers }),
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
    logger,
  });
  const dependencies = new Dependencies([
    ...options.dependencies,
    {
      name: 'Kafka',
      reach: () =>
        withAdmin(kafka, logger, async (admin) =>
          requireTopics(topology, await admin.topics([...externalTopics(topology)])),
        ),
    },
  ]);
  const failed = new Promise<never>((_, reject) => {
    streams.onStateChange(({ from, to, cause }) => {
      logger.info({ from, to, ...(cause ? { reason: cause.message } : {}) }, 'state');
      if (to === 'ERROR') reject(cause ?? new Error('the engine ended in ERROR'));
    });
  });
  failed.catch(() => {}); // whoever runs the role sees it
  return {
    name,
    failed,
    start: async (signal) => {
      await dependencies.reachAll(signal);
      await dependencies.reach('Kafka', () => streams.start(), signal);
    },
    close: async (timeoutMs) => {
      await Promise.race([streams.close({ timeoutMs }), delay(timeoutMs, undefined, { ref: false })]);
      await release();
    },
    health: () => {
      const engineHealth = streams.health();
      const away = dependencies.causes();
      return { ready: engineHealth.ready && away.length === 0, causes: [...away, ...engineHealth.causes] };
    },
    probes: () => [
      ...streamsProbes(() => streams.metrics()),
      ...dependencyProbes(dependencies),
      ...(options.probes ?? []),
    ],
  };
}

export const dependencyProbes = (dependencies: Dependencies): readonly Probe[] => [
  {
    name: 'darkroom_dependency_unreachable_seconds',
    help: 'How long a service is not to be reached; no sample while it is',
    kind: 'gauge',
    labels: ['dependency'],
    read: () =>
      [...dependencies.troubled()].map(([dependency, { sinceMs }]) => ({
        value: (Date.now() - sinceMs) / 1000,
        labels: { dependency },
      })),
  },
];
