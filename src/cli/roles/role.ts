import type { StartConfig } from '../../config/compile.ts';
import type { Logger } from '../../observability/logger.ts';
import type { ImageObservation, Probe } from '../../observability/metrics.ts';

/** A part of the service that runs and fails by itself, beside others in one process or alone in many. */
export interface Role {
  readonly name: string;
  /** Resolves when it does its work; waits for what heals by waiting, rejects with what does not. Called once. */
  start(signal: AbortSignal): Promise<void>;
  /** Finishes what is in hand; what is not finished in time is done again by another. Also after a failed start. */
  close(timeoutMs: number): Promise<void>;
  health(): RoleHealth;
  /** Rejects when it cannot go on. */
  readonly failed: Promise<never>;
  /** Its numbers; the service adds the role's name to them. */
  probes(): readonly Probe[];
}

interface RoleHealth {
  readonly ready: boolean;
  /** Why not, a sentence each. */
  readonly causes: readonly string[];
}

/** What every role is made from. */
export interface RoleContext {
  readonly config: StartConfig;
  /** Its lines carry the role's name. */
  readonly logger: Logger;
  readonly observeImage: (image: ImageObservation) => void;
}
