import { setTimeout as delay } from 'node:timers/promises';
import type { Component } from '../../../dev/stack/stack.ts';
import { durations } from '../../support/durations.ts';
import type { Instance } from './instance.ts';
import type { S3Proxy } from './s3-proxy.ts';

export const FAULTS = ['kill', 'stop', 'rolling', 'broker', 's3-503'] as const;
export type Fault = (typeof FAULTS)[number];

/** Longer than the session, so that the group goes on without a frozen member. */
const FREEZE_MS = durations.session + durations.frozenPastSession;

export interface Victims {
  readonly instances: readonly Instance[];
  readonly broker: Component;
  readonly proxy: S3Proxy | undefined;
  readonly random: () => number;
  readonly say: (line: string) => void;
}

/** Does one fault and undoes it; resolves when everything is up again. */
export async function inject(
  fault: Fault,
  { instances, broker, proxy, random, say }: Victims,
): Promise<void> {
  const victim = instances[Math.floor(random() * instances.length)];
  if (!victim) throw new Error('there is no instance to do anything to');
  await delay(random() * 300); // not always at the same moment of a commit
  switch (fault) {
    case 'kill':
      say(`SIGKILL ${victim.name}`);
      await victim.kill();
      return victim.start();
    case 'stop':
      say(`SIGSTOP ${victim.name} for ${FREEZE_MS} ms`);
      victim.freeze();
      await delay(FREEZE_MS);
      say(`SIGCONT ${victim.name}`);
      victim.thaw();
      return;
    case 'rolling':
      for (const instance of instances) {
        say(`SIGTERM ${instance.name}`);
        const code = await instance.terminate();
        if (code !== 0)
          instance.surprises.push(`${instance.name} ended with ${code} on SIGTERM\n${instance.words()}`);
        await instance.start();
      }
      return;
    case 'broker':
      say('SIGKILL the broker');
      await broker.kill();
      await delay(durations.brokerGone);
      await broker.start();
      say('the broker is up again');
      return;
    case 's3-503':
      say(`S3 answers 503 for ${durations.s3Gone} ms`);
      proxy?.fail(true);
      await delay(durations.s3Gone);
      proxy?.fail(false);
      say(`S3 answers again; ${proxy?.refused} requests were refused`);
      return;
    default:
      throw new Error(`unknown fault ${fault satisfies never}`);
  }
}
