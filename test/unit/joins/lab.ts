import type { StreamsBuilder as Builder } from '../../../src/topology/index.ts';
import { StreamsBuilder, stringSerde } from '../../../src/topology/index.ts';
import { TopologyTestDriver } from '../../../src/topology/testing/driver.ts';

export const texts = { key: stringSerde, value: stringSerde };

/** `topic`, key, value, timestamp, headers */
export type Input = readonly [
  topic: string,
  key: string | null,
  value: string | null,
  timestamp: number,
  header?: string,
];

const bytes = (text: string | null) => (text === null ? null : Buffer.from(text));

/** Runs a topology over the inputs and gives what came out on `out` for each: `key=value@timestamp`, headers behind. */
export async function outputs(
  make: (builder: Builder) => void,
  inputs: readonly Input[],
): Promise<string[][]> {
  const builder = new StreamsBuilder({ emitIntervalMs: 0 });
  make(builder);
  const driver = new TopologyTestDriver(builder.build(), { initialWallClockMs: 0 });
  try {
    const found: string[][] = [];
    for (const [topic, key, value, timestamp, header] of inputs) {
      const headers = header === undefined ? [] : ([['h', Buffer.from(header)]] as const);
      await driver.pipe({ topic, key: bytes(key), value: bytes(value), timestamp, headers });
      found.push(
        driver
          .readOutput('out')
          .map((out) =>
            [`${out.key}=${out.value}@${out.timestamp}`, ...out.headers.map(([, h]) => h)].join(' '),
          ),
      );
    }
    return found;
  } finally {
    await driver.close();
  }
}
