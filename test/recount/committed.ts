import { type Batch, Wire, type WireRecord } from './kafka-wire.ts';

export interface Committed extends CommittedRecord {
  readonly partition: number;
}

export interface CommittedRecord extends WireRecord {
  /** Producer and epoch that wrote it, and the offset that committed it. */
  readonly written: string;
}

/** Every committed record of a topic, as its control records tell: no broker's list and no client decides what was aborted. */
export async function readCommitted(brokers: string, topic: string): Promise<readonly Committed[]> {
  const wires = new Map<string, Wire>();
  const connect = async (address: string) => {
    const known = wires.get(address) ?? (await Wire.open(address));
    wires.set(address, known);
    return known;
  };
  try {
    const first = await connect(brokers.split(',')[0] ?? '');
    const all: Committed[] = [];
    for (const { partition, leader } of await first.partitions(topic)) {
      const wire = await connect(leader);
      const { from, to } = await wire.bounds(topic, partition);
      const batches: Batch[] = [];
      for (let offset = from; offset < to; offset = batches.at(-1)?.nextOffset ?? to) {
        const fetched = await wire.fetch(topic, partition, offset);
        if (fetched.length === 0)
          throw new Error(`${topic}-${partition} gives nothing at ${offset}, but ends at ${to}`);
        batches.push(...fetched);
      }
      // below the first offset: the rest of a batch whose beginning was deleted; from the end on: what came meanwhile
      for (const record of committedOf(batches))
        if (record.offset >= from && record.offset < to) all.push({ ...record, partition });
    }
    return all;
  } finally {
    for (const wire of wires.values()) wire.close();
  }
}

/** A transaction's records count from its commit marker on; those of an aborted or open one never. */
export function committedOf(batches: readonly Batch[]): CommittedRecord[] {
  const open = new Map<bigint, Batch[]>();
  const committed: CommittedRecord[] = [];
  const commit = ({ producerId, producerEpoch, records }: Batch, how: string) => {
    const written = `by producer ${producerId} in epoch ${producerEpoch}${how}`;
    for (const record of records) committed.push({ ...record, written });
  };
  for (const batch of batches) {
    const { producerId, producerEpoch, transactional, ends, nextOffset } = batch;
    const own = open.get(producerId) ?? [];
    if (ends === 'commit')
      for (const one of own) commit(one, `, committed at ${nextOffset - 1} in epoch ${producerEpoch}`);
    if (ends) open.delete(producerId);
    else if (transactional) open.set(producerId, [...own, batch]);
    else commit(batch, '');
  }
  return committed.sort((a, b) => a.offset - b.offset);
}
