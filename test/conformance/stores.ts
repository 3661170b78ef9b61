import type { KeyValue, StateStore, Topology, ValueAndTimestamp } from '../../src/topology/index.ts';
import type { TopologyTestDriver } from '../../src/topology/testing/driver.ts';
import type { StoreRow } from './case.ts';
import { isWindowed, text } from './functions.ts';

/** A store of any kind: what it yields tells whether its keys are windowed and its values timestamped. */
interface ReadableStore extends StateStore {
  all(): Iterable<KeyValue<unknown, unknown>>;
}

const isReadable = (store: StateStore): store is ReadableStore => 'all' in store;

function isTimestamped(x: unknown): x is ValueAndTimestamp<unknown> {
  return typeof x === 'object' && x !== null && 'value' in x && 'timestamp' in x;
}

function toRow({ key, value }: KeyValue<unknown, unknown>): StoreRow {
  return {
    ...(isWindowed(key)
      ? { key: text(key.key), start: key.window.startMs, end: key.window.endMs }
      : { key: text(key) }),
    ...(isTimestamped(value)
      ? { value: text(value.value), timestamp: value.timestamp }
      : { value: text(value) }),
  };
}

function byKeyAndWindow(a: StoreRow, b: StoreRow): number {
  const [left, right] = [String(a.key), String(b.key)];
  if (left !== right) return left < right ? -1 : 1;
  return (a.start ?? 0) - (b.start ?? 0) || (a.end ?? 0) - (b.end ?? 0);
}

/** The rows of those of the named stores that the topology has, sorted by key, start, end. */
export function readStores(
  driver: TopologyTestDriver,
  topology: Topology,
  names: ReadonlySet<string>,
): Record<string, StoreRow[]> {
  const specs = [
    ...topology.subTopologies.flatMap((sub) => sub.stores),
    ...topology.globalTables.map((table) => table.store),
  ];
  const rows: Record<string, StoreRow[]> = {};
  for (const { name } of specs) {
    const store = names.has(name) ? driver.store(name) : undefined;
    if (store && isReadable(store)) rows[name] = [...store.all()].map(toRow).toSorted(byKeyAndWindow);
  }
  return rows;
}
