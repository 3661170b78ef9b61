import { setTimeout as delay } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { viewGroup } from './group-view.ts';
import type { Logger } from './settings.ts';

const LOOK_EVERY_MS = 500;
/** Brokers do not tell about a group that rebalances. Whoever joins then is kept from the tasks by the assigner, if need be. */
const REBALANCING_WAIT_MS = 5_000;

export interface OldTopologyOptions {
  readonly admin: Admin;
  readonly groupId: string;
  readonly fingerprint: string;
  readonly signal: AbortSignal;
  /** Whether it waits has changed. */
  readonly onWaiting: (waiting: boolean) => void;
  readonly logger: Logger;
}

/**
 * Resolves when no member of the group runs another topology, so that this one may join. With KafkaJS the ids of transactions are the
 * only fence between two owners of a task, and another topology has other ids.
 */
export async function awaitOldTopology(options: OldTopologyOptions): Promise<void> {
  const { admin, groupId, fingerprint, signal, onWaiting, logger } = options;
  let waiting = false;
  const startedMs = Date.now();
  for (;;) {
    signal.throwIfAborted();
    const members = await viewGroup(admin, groupId);
    const others = members?.filter((member) => member.fingerprint && member.fingerprint !== fingerprint);
    if (others?.length === 0) break;
    if (!others && !waiting && Date.now() - startedMs > REBALANCING_WAIT_MS) break;
    if (others && !waiting) {
      logger.info(
        { members: others.length },
        'members of the group run another topology; joining when the last has left',
      );
      waiting = true;
      onWaiting(true);
    }
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
  if (waiting) onWaiting(false);
}
