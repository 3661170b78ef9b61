import type { FixedKeyProcessorSupplier, ProcessorContext, StreamRecord } from '../../src/topology/index.ts';
import { show, type Text } from './functions.ts';

/** The named processors of the case format that need neither a store nor a punctuation. */

type Context = ProcessorContext<Text, Text>;
type TextRecord = StreamRecord<Text, Text>;

/** A processor without state: what it does with a record. */
function stateless(
  run: (record: TextRecord, context: Context) => void,
): FixedKeyProcessorSupplier<Text, Text, Text> {
  return () => {
    let context: Context | undefined;
    return {
      init(given) {
        context = given;
      },
      process(record) {
        if (context) run(record, context);
      },
    };
  };
}

const pass = stateless((record, context) => context.forward(record));

const tagTime = stateless((record, context) => {
  const times = [record.timestamp, context.currentStreamTimeMs(), context.currentSystemTimeMs()];
  context.forward({ ...record, value: `${show(record.value)}@${times.join('/')}` });
});

const addHeader = stateless((record, context) =>
  context.forward({ ...record, headers: [...record.headers, ['seen', Buffer.from(show(record.key))]] }),
);

const forwardTwice = stateless((record, context) => {
  context.forward(record);
  context.forward({ ...record, timestamp: record.timestamp + 1 });
});

type Processors = Readonly<Record<string, FixedKeyProcessorSupplier<Text, Text, Text>>>;

export const processors: Processors = {
  pass,
  'tag-time': tagTime,
  'add-header': addHeader,
  'forward-twice': forwardTwice,
};

export const valueProcessors: Processors = { pass, 'tag-time': tagTime };
