import { countersTopology } from '../../app/counters.ts';
import { createRedisCounters } from '../../sinks/redis.ts';
import type { Role, RoleContext } from './role.ts';
import { statsSinkRole } from './stats.ts';

/** Counts of images in Redis, within a second. */
export function countersRole(
  context: RoleContext,
  settings: NonNullable<RoleContext['config']['redis']>,
): Role {
  const sink = createRedisCounters(settings);
  const { lingerMs } = settings;
  return statsSinkRole(context, {
    name: 'counters',
    service: 'Redis',
    sink,
    topology: (deps) => countersTopology({ ...deps, sink, lingerMs }),
    metrics: [
      ['counted', 'darkroom_redis_images_counted_total', 'Images that were counted'],
      ['repeated', 'darkroom_redis_images_repeated_total', 'Images that came again and were left out'],
      ['losses', 'darkroom_redis_losses_total', 'How often Redis had lost what it had been given'],
    ],
  });
}
