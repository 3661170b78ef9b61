import { setTimeout as delay } from 'node:timers/promises';
import { inject } from '../faults/harness/faults.ts';
import { durations } from '../support/durations.ts';
import { END_TXN, type Lost } from '../support/kafka-proxy.ts';
import type { Cluster } from './cluster.ts';
import type { Member } from './member-process.ts';

export const FAULTS = [
  'kill',
  'stop',
  'terminate',
  'rolling',
  'broker',
  'broker-stop',
  'network',
  'commit-fails',
  'commit-unknown',
  'zombie',
] as const;
export type Fault = (typeof FAULTS)[number];

const MAX_PAUSE_MS = 2 * durations.session;
/** Beyond the broker's session with its controller, after which its coordinators load anew. */
const MAX_BROKER_PAUSE_MS = 2 * durations.session;
const MAX_CUTS = 8;
/** Commits may have become rare when a fault is done. */
const CUTS_WITHIN_MS = 5_000;
const TWO_OWNERS_MS = 3_000;

export interface Attacked {
  readonly members: readonly Member[];
  readonly cluster: Cluster;
  readonly random: () => number;
  readonly say: (line: string) => void;
}

/** Does one fault and undoes it; resolves when all is up again. */
export async function attack(fault: Fault, { members, cluster, random, say }: Attacked): Promise<void> {
  const pick = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error(`there is nothing to do ${fault} to`);
    return item;
  };
  const member = pick(members);
  const instances = members.map(({ process }) => process);
  const broker = pick(cluster.brokers);
  switch (fault) {
    case 'kill':
    case 'stop':
    case 'rolling':
    case 'broker':
      return inject(fault, { instances, broker, proxy: undefined, random, say });
    case 'terminate': {
      say(`SIGTERM ${member.name}`);
      const code = await member.process.terminate();
      if (code !== 0) member.process.surprises.push(`${member.name} ended with ${code} on SIGTERM`);
      await delay(random() * durations.session);
      return member.process.start();
    }
    case 'broker-stop': {
      const pauseMs = Math.round(random() * MAX_BROKER_PAUSE_MS);
      say(`the broker stands still, ${pauseMs} ms`);
      await broker.freeze();
      await delay(pauseMs);
      return broker.thaw();
    }
    case 'network': {
      const pauseMs = Math.round(random() * MAX_PAUSE_MS);
      say(`no network for ${member.name}, ${pauseMs} ms`);
      for (const proxy of member.proxies) proxy.pause();
      await delay(pauseMs);
      for (const proxy of member.proxies) proxy.resume();
      return;
    }
    case 'commit-fails':
      return cutCommits(member, 'request', { random, say });
    case 'commit-unknown':
      return cutCommits(member, 'answer', { random, say });
    case 'zombie':
      return wakeZombie(member, { random, say });
    default:
      throw new Error(`unknown fault ${fault satisfies never}`);
  }
}

type Means = Pick<Attacked, 'random' | 'say'>;

/** The network breaks at some commits: the broker has not heard of them, or has done them and nobody learns of it. */
async function cutCommits({ name, proxies }: Member, lost: Lost, { random, say }: Means): Promise<void> {
  const times = 1 + Math.floor(random() * MAX_CUTS);
  for (const proxy of proxies) proxy.cut(END_TXN, lost, times);
  const endMs = Date.now() + CUTS_WITHIN_MS;
  while (Date.now() < endMs && proxies.some(({ toCut }) => toCut > 0)) await delay(20);
  const cut = proxies.reduce((sum, { toCut }) => sum + times - toCut, 0);
  for (const proxy of proxies) proxy.cut(END_TXN, lost, 0);
  say(`${name} lost the ${lost} of ${cut} commits`);
}

/** A member freezes past its session; a second process has its state folder and its tasks when it wakes. One of them stays. */
async function wakeZombie(member: Member, { random, say }: Means): Promise<void> {
  const zombie = member.process;
  const twin = member.twin();
  say(`SIGSTOP ${member.name}, and a second process on its state folder`);
  zombie.freeze();
  await twin.start();
  say(`SIGCONT ${member.name}`);
  zombie.thaw();
  await delay(TWO_OWNERS_MS);
  if (random() < 0.5) {
    say(`SIGKILL the second process of ${member.name}`);
    zombie.surprises.push(...twin.surprises);
    await twin.kill();
  } else {
    say(`SIGKILL the first process of ${member.name}`);
    twin.surprises.push(...zombie.surprises);
    await zombie.kill();
    member.process = twin;
  }
}
