import { countsTopology } from '../../app/counts.ts';
import { registryOf } from './registry.ts';
import type { Role, RoleContext } from './role.ts';
import { leaveOut, STATS_MEMORY_BYTES } from './stats.ts';
import { streamsRole } from './streams-role.ts';

/** Images by customer, type and minute, on a topic. */
export function countsRole(context: RoleContext): Role {
  const { config, logger } = context;
  const registry = registryOf(config);
  const { windowMs, graceMs, idleTimeoutMs } = config.counts;
  const topology = countsTopology({
    windowMs,
    graceMs,
    imageStats: config.topics.stats,
    imageCounts: config.topics.counts,
    codec: registry.codec,
    onUndecodable: leaveOut(logger),
  });
  return streamsRole(
    {
      name: 'counts',
      topology,
      dependencies: [registry.dependency],
      memoryBudgetBytes: STATS_MEMORY_BYTES,
      idleTimeoutMs,
      release: async () => {},
    },
    context,
  );
}
