import type { StatsDeps } from '../../app/read-stats.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Topology } from '../../topology/index.ts';
import { registryOf } from './registry.ts';
import type { Role, RoleContext } from './role.ts';
import { streamsRole } from './streams-role.ts';

/** What a consumer of statistics holds at most; events are small. */
export const STATS_MEMORY_BYTES = 32 * 1024 ** 2;

/** Logs a record that is no event, and goes on. */
export const leaveOut =
  (logger: Logger): StatsDeps['onUndecodable'] =>
  ({ code, reason }, { topic, partition, offset }) =>
    logger.error(
      { code, reason, topic, partition, offset },
      'a record of statistics is no event and is left out',
    );

/** A role that gives statistics to a service outside of Kafka. */
export interface StatsSinkRole<Count extends string> {
  readonly name: string;
  /** What messages call the service. */
  readonly service: string;
  readonly sink: {
    check(options: { readonly signal: AbortSignal }): Promise<void>;
    counts(): Readonly<Record<Count, number>>;
    close(): Promise<void>;
  };
  readonly topology: (deps: StatsDeps) => Topology;
  /** What is counted, the name of its metric and its help. */
  readonly metrics: readonly (readonly [Count, string, string])[];
}

export function statsSinkRole<Count extends string>(
  context: RoleContext,
  { name, service, sink, topology, metrics }: StatsSinkRole<Count>,
): Role {
  const { config, logger } = context;
  const registry = registryOf(config);
  return streamsRole(
    {
      name,
      topology: topology({
        imageStats: config.topics.stats,
        codec: registry.codec,
        onUndecodable: leaveOut(logger),
      }),
      dependencies: [registry.dependency, { name: service, reach: (signal) => sink.check({ signal }) }],
      memoryBudgetBytes: STATS_MEMORY_BYTES,
      probes: metrics.map(([count, metric, help]) => ({
        name: metric,
        help,
        kind: 'counter',
        read: () => [{ value: sink.counts()[count] }],
      })),
      release: () => sink.close(),
    },
    context,
  );
}
