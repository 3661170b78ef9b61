import type {
  Cancellable,
  FixedKeyProcessorSupplier,
  KeyValueStore,
  ProcessorContext,
  StoreHandle,
  StreamRecord,
} from '../../src/topology/index.ts';
import { num, show } from './functions.ts';

/** The named processors of the case format (cases/README.md, "Processors"). */

type Context = ProcessorContext<unknown, unknown>;
type AnyRecord = StreamRecord<unknown, unknown>;
type Store = KeyValueStore<unknown, unknown>;

/** What a processor does with a record, and what it sets up before the first. */
interface Behaviour {
  readonly process: (record: AnyRecord, context: Context) => void;
  readonly init?: (context: Context) => void;
}

/** Given the first of the stores that the case connects, if any. */
export type ProcessorMaker = (
  store: StoreHandle<Store> | undefined,
) => FixedKeyProcessorSupplier<unknown, unknown, unknown>;

/** `behaviour` is asked once for each instance. */
function processor(behaviour: (store: () => Store) => Behaviour): ProcessorMaker {
  return (handle) => () => {
    let given: Context | undefined;
    let opened: Store | undefined;
    const { process, init } = behaviour(() => {
      if (!handle) throw new TypeError('the case connects no store');
      opened ??= given?.getStateStore(handle);
      if (!opened) throw new TypeError('the store is asked for before init');
      return opened;
    });
    return {
      init(context) {
        given = context;
        init?.(context);
      },
      process(record) {
        if (given) process(record, given);
      },
    };
  };
}

const each = (process: Behaviour['process']): ProcessorMaker => processor(() => ({ process }));

const pass = each((record, context) => context.forward(record));

const tagTime = each((record, context) => {
  const times = [record.timestamp, context.currentStreamTimeMs(), context.currentSystemTimeMs()];
  context.forward({ ...record, value: `${show(record.value)}@${times.join('/')}` });
});

const addHeader = each((record, context) =>
  context.forward({ ...record, headers: [...record.headers, ['seen', Buffer.from(show(record.key))]] }),
);

const forwardTwice = each((record, context) => {
  context.forward(record);
  context.forward({ ...record, timestamp: record.timestamp + 1 });
});

const dedupeByValue = processor((store) => ({
  process(record, context) {
    if (record.key === null || store().get(record.key) === record.value) return;
    store().put(record.key, record.value);
    context.forward(record);
  },
}));

const remember = processor((store) => ({
  process(record, context) {
    if (record.key !== null) store().put(record.key, record.value);
    context.forward(record);
  },
}));

const recall = processor((store) => ({
  process(record, context) {
    const found = record.key === null ? '-' : show(store().get(record.key));
    context.forward({ ...record, value: `${show(record.value)}<${found}` });
  },
}));

/** Adds 1 to the number that is stored, as text. */
function bump(store: Store, key: unknown): string {
  const count = String(num(store.get(key)) + 1);
  store.put(key, count);
  return count;
}

const runningCount = processor((store) => ({
  process(record, context) {
    if (record.key !== null) context.forward({ ...record, value: bump(store(), record.key) });
  },
}));

const countAndPunctuate = (type: 'stream-time' | 'wall-clock-time') =>
  processor((store) => ({
    init(context) {
      context.schedule(10_000, type, (timestamp) => {
        for (const { key, value } of [...store().all()])
          context.forward({ key, value: `${show(value)}#${timestamp}`, timestamp, headers: [] });
      });
    },
    process(record) {
      if (record.key !== null) bump(store(), record.key);
    },
  }));

const tickAndCancel = processor(() => ({
  init(context) {
    let ticks = 0;
    const ticking: Cancellable = context.schedule(5_000, 'stream-time', (timestamp) => {
      ticks++;
      context.forward({ key: 'tick', value: String(ticks), timestamp, headers: [] });
      if (ticks === 2) ticking.cancel();
    });
  },
  process: (record, context) => context.forward(record),
}));

type Processors = Readonly<Record<string, ProcessorMaker>>;

export const processors: Processors = {
  pass,
  'dedupe-by-value': dedupeByValue,
  'count-and-punctuate-stream-10s': countAndPunctuate('stream-time'),
  'count-and-punctuate-wall-10s': countAndPunctuate('wall-clock-time'),
  'tick-stream-5s-cancel-after-2': tickAndCancel,
  'tag-time': tagTime,
  'add-header': addHeader,
  'forward-twice': forwardTwice,
  remember,
  recall,
  'drop-all-but-count': runningCount,
};

export const valueProcessors: Processors = {
  pass,
  'dedupe-by-value': dedupeByValue,
  'tag-time': tagTime,
  remember,
  recall,
  'running-count': runningCount,
};
