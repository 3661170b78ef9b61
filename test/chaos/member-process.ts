import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Instance } from '../faults/harness/instance.ts';
import { KafkaProxy } from '../support/kafka-proxy.ts';

const MEMBER = fileURLToPath(new URL('member.ts', import.meta.url));

/** A member with what faults are done through: its state folder, and a network of its own to each broker. */
export interface Member {
  readonly name: string;
  process: Instance;
  readonly proxies: readonly KafkaProxy[];
  /** Another process with the same settings, network and state folder. */
  twin(): Instance;
}

export interface MemberSettings {
  readonly addresses: readonly string[];
  /** Holds the state folders and logs of all members. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export async function createMember(
  index: number,
  { addresses, folder, env }: MemberSettings,
): Promise<Member> {
  const name = `member-${index}`;
  const proxies = await KafkaProxy.startAll(addresses);
  const own = {
    ...env,
    BROKERS: proxies.map(({ address }) => address).join(','),
    STATE_FOLDER: join(folder, `${name}-state`),
    LOG_FILE: join(folder, `${name}.log`),
  };
  return {
    name,
    process: new Instance(name, own, [MEMBER]),
    proxies,
    twin: () => new Instance(`${name}'s twin`, own, [MEMBER]),
  };
}
