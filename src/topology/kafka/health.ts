import type { TaskRuntime } from '../task/runtime.ts';
import type { Lifecycle, StreamsState } from './lifecycle.ts';

/** What of an application is in trouble, for health. */
export interface StreamsHealth {
  /** False once the application is in ERROR and has to be started anew. */
  readonly live: boolean;
  /** False while it is in trouble. One that waits on purpose is ready, with the cause. */
  readonly ready: boolean;
  readonly state: StreamsState;
  readonly causes: readonly string[];
}

export interface HealthInput {
  readonly lifecycle: Lifecycle;
  readonly runtime: TaskRuntime;
  readonly sinkTrouble: ReadonlyMap<string, string>;
  /** Members of the group run another topology: a rolling deploy goes on only if this one is called ready. */
  readonly waitingForOldTopology: boolean;
  readonly paused: boolean;
}

export function healthOf(input: HealthInput): StreamsHealth {
  const { state, cause } = input.lifecycle;
  const { waitingForOldTopology } = input;
  const causes: string[] = [];
  if (cause) causes.push(cause.message);
  else if (state !== 'RUNNING' && !waitingForOldTopology) causes.push(`state ${state}`);
  for (const [name, gate] of input.runtime.gates) {
    const [reason] = gate.retrying.values();
    if (reason) causes.push(`${name} retries ${gate.retrying.size} record(s): ${reason}`);
  }
  for (const [name, reason] of input.sinkTrouble) causes.push(`sink ${name}: ${reason}`);
  return {
    live: state !== 'ERROR' && state !== 'PENDING_ERROR',
    ready: causes.length === 0,
    state,
    causes: [
      ...causes,
      ...(waitingForOldTopology ? ['waiting for the old topology'] : []),
      ...(input.paused ? ['paused'] : []),
    ],
  };
}
