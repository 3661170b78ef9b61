import { countersTopology } from '../../app/counters.ts';
import type { Probe } from '../../observability/metrics.ts';
import { createRedisCounters, type RedisCounters } from '../../sinks/redis.ts';
import { registryOf } from './registry.ts';
import type { Role, RoleContext } from './role.ts';
import { leaveOut, STATS_MEMORY_BYTES } from './stats.ts';
import { streamsRole } from './streams-role.ts';

/** Counts of images in Redis, within a second. */
export function countersRole(
  context: RoleContext,
  settings: NonNullable<RoleContext['config']['redis']>,
): Role {
  const { config, logger } = context;
  const registry = registryOf(config);
  const sink = createRedisCounters(settings);
  const topology = countersTopology({
    imageStats: config.topics.stats,
    codec: registry.codec,
    sink,
    lingerMs: settings.lingerMs,
    onUndecodable: leaveOut(logger),
  });
  return streamsRole(
    {
      name: 'counters',
      topology,
      dependencies: [registry.dependency, { name: 'Redis', reach: (signal) => sink.check({ signal }) }],
      memoryBudgetBytes: STATS_MEMORY_BYTES,
      probes: redisProbes(sink),
      release: () => sink.close(),
    },
    context,
  );
}

const COUNTERS = [
  ['counted', 'images_counted', 'Images that were counted'],
  ['repeated', 'images_repeated', 'Images that came again and were left out'],
  ['losses', 'losses', 'How often Redis had lost what it had been given'],
] as const;

const redisProbes = (sink: RedisCounters): readonly Probe[] =>
  COUNTERS.map(([field, name, help]) => ({
    name: `darkroom_redis_${name}_total`,
    help,
    kind: 'counter',
    read: () => [{ value: sink.counts()[field] }],
  }));
