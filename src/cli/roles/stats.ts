import type { StatsDeps } from '../../app/read-stats.ts';
import type { Logger } from '../../observability/logger.ts';

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
