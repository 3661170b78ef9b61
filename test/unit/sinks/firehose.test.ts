import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_RECORD_BYTES } from '../../../dev/firehose/request.ts';
import { createFirehoseSink, type FirehoseSettings, type FirehoseSink } from '../../../src/sinks/firehose.ts';
import { packRecords, packRequests } from '../../../src/sinks/firehose-packing.ts';
import { type SinkRecord, SinkWriteError } from '../../../src/topology/external-sink.ts';
import { lab, type StandInLab } from '../firehose/stand-in-lab.ts';

const signal = new AbortController().signal;
const context = { signal, ranges: [] };

function rows(
  count: number,
  of: (index: number) => object = (index) => ({ id: index }),
): SinkRecord<unknown, object>[] {
  return Array.from({ length: count }, (_, index) => ({
    key: null,
    value: of(index),
    timestamp: 0,
    headers: [],
    context: { topic: 'image-stats', partition: 0, offset: index, timestamp: 0, headers: [] },
  }));
}

describe('the Firehose sink', () => {
  let here: StandInLab;
  let settings: FirehoseSettings;
  let sink: FirehoseSink;
  let tooLarge: number[];
  beforeEach(async () => {
    here = await lab();
    tooLarge = [];
    settings = {
      stream: 'stats',
      endpoint: here.standIn.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIALOCAL', secretAccessKey: 'wrong-secret' },
      timeoutMs: 500,
      onTooLarge: ({ context: { offset } }) => tooLarge.push(offset),
    };
    sink = createFirehoseSink(settings);
  });
  afterEach(async () => {
    await sink.close();
    await here.close();
  });

  const deliveredIds = async (): Promise<number[]> => {
    await here.standIn.flush();
    const text = here.delivered();
    expect(text.endsWith('\n')).toBe(true);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id);
  };
  const ids = (count: number) => Array.from({ length: count }, (_, index) => index);

  /** As the engine does: only what is named is written again. */
  const writeAll = async (batch: SinkRecord<unknown, object>[]): Promise<number> => {
    let left = batch;
    for (let attempts = 1; ; attempts++) {
      try {
        await sink.write(left, context);
        return attempts;
      } catch (error) {
        if (!(error instanceof SinkWriteError)) throw error;
        left = left.filter((_, index) => error.failed.includes(index));
      }
    }
  };

  it('packs rows into few records, each line with its end', async () => {
    await sink.write(rows(1_200), context);
    expect(await deliveredIds()).toEqual(ids(1_200));
    expect(here.standIn.status().acceptedRecords).toBe(3);
    expect(sink.counts()).toMatchObject({ acceptedRows: 1_200, acceptedRecords: 3, requests: 1 });
    expect(sink.counts().billedBytes).toBeLessThan(1_200 * 5 * 1024 * 0.02);
  });

  it('sends only refused records again, so that each row comes once', async () => {
    here.standIn.script([{ fault: 'record-error', pattern: 'x.', times: 1 }]);
    await sink.write(rows(1_800), context);
    const delivered = await deliveredIds();
    expect(delivered.toSorted((a, b) => a - b)).toEqual(ids(1_800));
    expect(sink.counts()).toMatchObject({
      acceptedRows: 1_800,
      acceptedRecords: 4,
      refusedRecords: 2,
      requests: 2,
    });
  });

  it('names the rows that are left when Firehose goes on refusing, and no others', async () => {
    here.standIn.script([{ fault: 'record-error', pattern: 'x.' }]);
    const error = await sink.write(rows(1_000), context).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SinkWriteError);
    expect(error).toMatchObject({
      failed: ids(500),
      message: expect.stringContaining('ServiceUnavailableException'),
    });
    expect(sink.counts().acceptedRows).toBe(500);
  });

  it('gets everything through half-failures and throttling', async () => {
    here.standIn.script([
      { fault: 'request-error', error: 'ServiceUnavailableException', times: 2 },
      { fault: 'request-error', error: 'ThrottlingException', times: 1 },
      { fault: 'request-error', error: 'InternalFailure', times: 1 },
      { fault: 'record-error', rate: 0.5 },
    ]);
    const wide = rows(4_000, (id) => ({ id, filler: 'x'.repeat(2_000) }));
    expect(await writeAll(wide)).toBeGreaterThan(4);
    expect((await deliveredIds()).toSorted((a, b) => a - b)).toEqual(ids(4_000));
  });

  it('sends again what was accepted when the connection was cut: twice is better than never', async () => {
    here.standIn.script([{ fault: 'cut-after-acceptance', times: 1 }]);
    expect(await writeAll(rows(10))).toBe(2);
    expect(await deliveredIds()).toEqual([...ids(10), ...ids(10)]);
    expect(sink.counts().acceptedRows, 'what nobody has confirmed is not counted').toBe(10);
  });

  it('stays within the limits of a record and of a request', async () => {
    const wide = rows(60, (id) => ({ id, filler: 'é'.repeat(id % 2 === 0 ? 100_000 : 5) }));
    await sink.write(wide, context);
    expect(await deliveredIds()).toEqual(ids(60));
    expect(sink.counts().requests).toBeGreaterThan(1);
  });

  it('leaves out a row that no record can hold, says so, and goes on', async () => {
    await sink.write(
      rows(3, (id) => ({ id, filler: id === 1 ? 'x'.repeat(MAX_RECORD_BYTES) : '' })),
      context,
    );
    expect(await deliveredIds()).toEqual([0, 2]);
    expect(tooLarge).toEqual([1]);
    expect(sink.counts().rowsTooLarge).toBe(1);
  });

  it('names what was not sent yet when a request in the middle fails', async () => {
    const wide = rows(9_000, (id) => ({ id, filler: 'x'.repeat(1_000) }));
    here.standIn.script([{ fault: 'request-error', error: 'InternalFailure', skip: 1, times: 1 }]);
    const error = await sink.write(wide, context).catch((thrown: unknown) => thrown);
    const [first = 0] = error instanceof SinkWriteError ? error.failed : [];
    expect(first).toBeGreaterThan(0);
    expect(error).toMatchObject({ failed: ids(9_000).slice(first) });
    expect(await deliveredIds()).toEqual(ids(first));
  });

  it('gives up an answer that does not come, and says so', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const waiting = createFirehoseSink({ ...settings, endpoint: `http://127.0.0.1:${port}`, timeoutMs: 100 });
    await expect(waiting.write(rows(1), context)).rejects.toMatchObject({
      failed: [0],
      message: expect.stringContaining('no answer within 100 ms'),
    });
    await waiting.close();
    silent.closeAllConnections();
    silent.close();
  });

  it('stops at once when it is called off', async () => {
    here.standIn.script([{ fault: 'record-error', rate: 1 }]);
    const stop = new AbortController();
    const write = sink.write(rows(1), { signal: stop.signal, ranges: [] });
    setTimeout(() => stop.abort(new Error('called off')), 20);
    await expect(write).rejects.toThrow('called off');
  });

  it.each([
    ['a stream that is not there', { stream: 'another' }, 'FIREHOSE_STREAM_MISSING', 'create the stream'],
    [
      'a key that nobody knows',
      { credentials: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'wrong-secret' } },
      'FIREHOSE_CREDENTIALS_REFUSED',
      'access key',
    ],
    [
      'a name that no stream can have',
      { stream: 'not a name' },
      'FIREHOSE_REQUEST_REFUSED',
      'ValidationException',
    ],
  ] as const)('fails with %s, and never repeats the secret', async (_, change, code, whatToDo) => {
    const wrong = createFirehoseSink({ ...settings, ...change });
    for (const attempt of [() => wrong.check({ signal }), () => wrong.write(rows(1), context)]) {
      const error: unknown = await attempt().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code, disposition: 'fail', message: expect.stringContaining(whatToDo) });
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('wrong-secret');
    }
    await wrong.close();
  });

  it('checks that the stream is there, and waits for a Firehose that is not', async () => {
    await sink.check({ signal });
    const nowhere = createFirehoseSink({ ...settings, endpoint: 'http://127.0.0.1:1' });
    await expect(nowhere.check({ signal })).rejects.toMatchObject({
      code: 'FIREHOSE_UNAVAILABLE',
      disposition: 'retry',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await nowhere.close();
  });
});

describe('packing', () => {
  it.each([
    [1, 500_000],
    [7, 300],
    [1_300, 10],
    [5_000, 4_000],
    [30, MAX_RECORD_BYTES],
    [9, MAX_RECORD_BYTES / 2 + 1],
  ])('%i lines of %i bytes stay within every limit, complete and in order', (count, size) => {
    const lines = ids(count).map((index) => ({ index, bytes: Buffer.alloc(size) }));
    const requests = packRequests(packRecords(lines));
    for (const request of requests) {
      expect(request.length).toBeLessThanOrEqual(MAX_BATCH_RECORDS);
      expect(request.reduce((sum, { data }) => sum + data.length, 0)).toBeLessThanOrEqual(MAX_BATCH_BYTES);
      for (const { data, indexes } of request) {
        expect(data.length).toBe(indexes.length * size);
        expect(data.length).toBeLessThanOrEqual(MAX_RECORD_BYTES);
        expect(indexes.length).toBeLessThanOrEqual(500);
      }
    }
    expect(requests.flat().flatMap(({ indexes }) => indexes)).toEqual(ids(count));
  });

  const ids = (count: number) => Array.from({ length: count }, (_, index) => index);
});
