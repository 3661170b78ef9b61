import { describe, expect, it } from 'vitest';
import { StreamsBuilder } from '../../../src/topology/index.ts';
import { aclsOf, aclsOfProducer } from '../../../src/topology/kafka/acls.ts';

const options = { applicationId: 'shop', guarantee: 'exactly_once' } as const;

/** `resource name: operations`, a prefix with a star. */
const short = (acls: ReturnType<typeof aclsOf>) =>
  acls.map(
    ({ resource, name, pattern, operations }) =>
      `${resource} ${name}${pattern === 'prefixed' ? '*' : ''}: ${operations.join(' ')}`,
  );

describe('the rights of an application', () => {
  it('are those of its sources and sinks, its group and its transactions', () => {
    const builder = new StreamsBuilder();
    builder.stream('orders').to('bills');
    builder.stream('returns').to('orders');
    expect(short(aclsOf(builder.build(), options))).toEqual([
      'topic orders: Read Write DescribeConfigs',
      'topic returns: Read',
      'topic bills: Write DescribeConfigs',
      'group shop: Read',
      'transactional-id shop-*: Write',
    ]);
  });

  it('are more with topics of its own, which it makes and checks', () => {
    const builder = new StreamsBuilder();
    builder.stream('orders').repartition({ as: 'by-customer' }).to('bills');
    expect(short(aclsOf(builder.build(), options))).toEqual([
      'topic orders: Read',
      'topic bills: Write DescribeConfigs',
      'topic shop-*: Create Read Write DescribeConfigs',
      'topic shop-by-customer-repartition: Delete',
      'group shop: Read',
      'transactional-id shop-*: Write',
    ]);
  });

  it('need no transaction with at_least_once', () => {
    const builder = new StreamsBuilder();
    builder.stream('orders').to('bills');
    expect(short(aclsOf(builder.build(), { ...options, guarantee: 'at_least_once' }))).toEqual([
      'topic orders: Read',
      'topic bills: Write DescribeConfigs',
      'group shop: Read',
      'cluster kafka-cluster: IdempotentWrite',
    ]);
    expect(short(aclsOfProducer(['orders']))).toEqual([
      'topic orders: Write',
      'cluster kafka-cluster: IdempotentWrite',
    ]);
  });
});
