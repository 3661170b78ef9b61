import { describe, expect, it } from 'vitest';
import { StreamsBuilder, stringSerde, type Topology } from '../../../src/topology/index.ts';
import { internalTopics } from '../../../src/topology/kafka/internal-topics.ts';
import { TopicNames } from '../../../src/topology/kafka/task-ids.ts';

const text = { key: stringSerde, value: stringSerde };

function counting(store: string, repartition: string): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream('in', text)
    .groupBy((value) => value, { as: repartition, ...text })
    .count({ materialized: { as: store, key: stringSerde } });
  return builder.build();
}

const topicsOf = (applicationId: string, topology: Topology) =>
  internalTopics(topology, new TopicNames(applicationId, topology), new Map([['in', 3]])).map(
    ({ topic }) => topic,
  );

describe('the names of internal topics', () => {
  it('may have as many characters as a broker takes', () => {
    const store = 's'.repeat(249 - 'app--changelog'.length);
    expect(topicsOf('app', counting(store, 'words'))).toContain(`app-${store}-changelog`);
  });

  it('are refused all together where application id and name are too long for a broker', () => {
    const [store, repartition] = ['s'.repeat(236), 'r'.repeat(234)];
    const start = () => topicsOf('app', counting(store, repartition));
    expect(start).toThrow(expect.objectContaining({ code: 'TOPIC_NAME_INVALID', disposition: 'fail' }));
    expect(start).toThrow(`"app-${store}-changelog" is longer than 249 characters`);
    expect(start).toThrow(`"app-${repartition}-repartition" is longer than 249 characters`);
  });
});
