import { describe, expect, it } from 'vitest';
import { imageIdOfName } from '../../../src/sources/image-id.ts';
import {
  type NotifiedUpload,
  parseNotification,
  uploadRecord,
} from '../../../src/sources/s3-notification.ts';

const record = (object: object, change: object = {}) => ({
  eventVersion: '2.6',
  eventSource: 'aws:s3',
  eventTime: '2026-11-20T10:15:00.123Z',
  eventName: 'ObjectCreated:Put',
  s3: { s3SchemaVersion: '1.0', bucket: { name: 'images' }, object: { size: 5, ...object } },
  ...change,
});
const message = (...Records: unknown[]) => JSON.stringify({ Records });
const uploadsOf = (body: string): readonly NotifiedUpload[] => {
  const read = parseNotification(body);
  if (read.kind !== 'uploads') throw new Error(read.reason);
  return read.uploads;
};

describe('an S3 notification', () => {
  it('names customer, upload, version and size, with the key decoded', () => {
    const body = message(record({ key: 'incoming/acme/u-1/my+c%C3%A4t%2B1%25.jpg', versionId: 'v1' }));
    expect(uploadsOf(body)).toEqual([
      {
        bucket: 'images',
        key: 'incoming/acme/u-1/my cät+1%.jpg',
        versionId: 'v1',
        sizeBytes: 5,
        customerId: 'acme',
        uploadId: 'u-1',
        completeAtMs: Date.parse('2026-11-20T10:15:00.123Z'),
      },
    ]);
  });

  it('may hold several uploads, also by other ways than a plain PUT', () => {
    const body = message(
      record({ key: 'incoming/a/1/x.jpg' }),
      record({ key: 'incoming/b/2/deep/in/y.jpg' }, { eventName: 'ObjectCreated:CompleteMultipartUpload' }),
    );
    expect(uploadsOf(body).map(({ customerId, uploadId }) => [customerId, uploadId])).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it.each([
    [
      'the test event of a new configuration',
      JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent' }),
    ],
    [
      'a removed object',
      message(record({ key: 'incoming/a/1/x.jpg' }, { eventName: 'ObjectRemoved:Delete' })),
    ],
    ['a folder made in a console', message(record({ key: 'incoming/acme/', size: 0 }))],
  ])('asks for nothing: %s', (_what, body) => {
    expect(uploadsOf(body)).toEqual([]);
  });

  it.each([
    ['no JSON', 'hello', 'no JSON object'],
    ['JSON of somebody else', '{"detail":{}}', 'no list of Records'],
    ['null', 'null', 'no JSON object'],
    ['a record that is none', message(null), 'Records[0]: eventName'],
    ['no time', message(record({ key: 'incoming/a/1/x' }, { eventTime: 'soon' })), 'eventTime'],
    ['no bucket', message(record({}, { s3: { object: { key: 'incoming/a/1/x' } } })), 's3.bucket.name'],
    ['no key', message(record({})), 's3.object.key is missing'],
    ['a key that is not encoded', message(record({ key: 'incoming/a/1/100%' })), 'not URL-encoded'],
    ['a key without an upload id', message(record({ key: 'incoming/acme/x.jpg' })), 'is not incoming/'],
    ['a key elsewhere', message(record({ key: 'outgoing/a/1/x.jpg' })), 'is not incoming/'],
    ['a customer that is not allowed', message(record({ key: 'incoming/a+b/1/x.jpg' })), 'customer id "a b"'],
    ['the reserved customer', message(record({ key: 'incoming/unknown/1/x.jpg' })), 'reserved'],
    [
      'one bad record beside a good one',
      message(record({ key: 'incoming/a/1/x.jpg' }), record({ key: 'incoming/x.jpg' })),
      'Records[1]: the key "incoming/x.jpg"',
    ],
  ])('is unreadable, and says why: %s', (_what, body, reason) => {
    const read = parseNotification(body);
    expect(read.kind === 'unreadable' ? read.reason : read).toContain(reason);
  });
});

describe('the record of an upload', () => {
  const [upload] = uploadsOf(message(record({ key: 'incoming/acme/u-1/cat.jpg', versionId: 'v1' })));
  if (!upload) throw new Error('no upload');

  it("is identified by the uploader's own name of the image where there is one", () => {
    const named = uploadRecord(upload, { contentType: 'image/jpeg', metadata: { 'image-id': 'holiday/1' } });
    expect(named).toEqual({
      imageId: imageIdOfName('acme', 'holiday/1'),
      customerId: 'acme',
      bucket: 'images',
      key: 'incoming/acme/u-1/cat.jpg',
      versionId: 'v1',
      sizeBytes: 5,
      contentType: 'image/jpeg',
      receivedAt: Date.parse('2026-11-20T10:15:00.123Z'),
    });
  });

  it('is identified by the upload otherwise', () => {
    const id = imageIdOfName('acme', 'u-1');
    expect(uploadRecord(upload, { metadata: { 'image-id': '' } }).imageId).toBe(id);
    expect(uploadRecord(upload, undefined)).toMatchObject({ imageId: id, contentType: null });
  });

  it('promises a size only together with a version', () => {
    const { versionId: _, ...unversioned } = upload;
    expect(uploadRecord(unversioned, undefined)).toMatchObject({ versionId: null, sizeBytes: null });
  });
});
