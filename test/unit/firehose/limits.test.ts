import {
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  PutRecordBatchCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIMIT_CASES, type LimitCase } from '../../../dev/firehose/limit-cases.ts';
import type { FirehoseStandIn } from '../../../dev/firehose/stand-in.ts';
import { lab, type StandInLab } from './stand-in-lab.ts';

describe('the limits of Firehose, through its own client', () => {
  let here: StandInLab;
  let standIn: FirehoseStandIn;
  beforeAll(async () => {
    here = await lab();
    standIn = here.standIn;
  });
  afterAll(() => here.close());

  const send = async ({
    operation,
    records = [],
    stream = 'stats',
    accessKeyId = 'AKIALOCAL',
  }: LimitCase) => {
    const client = new FirehoseClient({
      endpoint: standIn.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId, secretAccessKey: 'secret' },
      maxAttempts: 1,
    });
    const entries = records.map((bytes) => ({ Data: bytes === null ? undefined : Buffer.alloc(bytes, 'x') }));
    const [first = { Data: undefined }] = entries;
    const name = { DeliveryStreamName: stream };
    try {
      switch (operation) {
        case 'PutRecordBatch':
          return await client.send(new PutRecordBatchCommand({ ...name, Records: entries }));
        case 'PutRecord':
          return await client.send(new PutRecordCommand({ ...name, Record: first }));
        case 'DescribeDeliveryStream':
          return await client.send(new DescribeDeliveryStreamCommand(name));
      }
    } finally {
      client.destroy();
    }
  };

  it.each(LIMIT_CASES)('$title ($page)', async (limit) => {
    const before = standIn.status();
    const outcome = await send(limit).catch((error: unknown) => error);
    const after = standIn.status();
    const accepted = after.acceptedRecords - before.acceptedRecords;
    if (limit.expect === 'accepted') {
      expect(outcome).toMatchObject({ $metadata: { httpStatusCode: 200 } });
      expect(accepted).toBe(limit.records?.length ?? 0);
      return;
    }
    const { error, status, message } = limit.expect;
    expect(outcome).toMatchObject({ name: error, $metadata: { httpStatusCode: status } });
    expect(outcome instanceof Error && outcome.message).toMatch(message);
    expect(accepted, 'all or nothing').toBe(0);
  });
});
