// What Firehose demands of a request, in the order in which it looks.
import { WireError } from './wire-error.ts';

/** API_PutRecordBatch: "up to 500 records", "1,000 KB (before base64 encoding)", "4 MB for the entire request". */
export const MAX_BATCH_RECORDS = 500;
export const MAX_RECORD_BYTES = 1_000 * 1024;
export const MAX_BATCH_BYTES = 4 * 1024 * 1024;

const STREAM_NAME = /^[a-zA-Z0-9_.-]{1,64}$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export interface StreamIdentity {
  readonly stream: string;
  readonly accountId: string;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The body as an object. */
export function parseBody(text: string): Json {
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return body;
  } catch {
    // answered below
  }
  throw new WireError('SerializationException', 'Start of structure or map found where not expected.');
}

export function requireStream(body: Json, { stream, accountId }: StreamIdentity): void {
  const name = body.DeliveryStreamName;
  if (name === undefined || name === null) throw constraint('null', 'deliveryStreamName', 'not be null');
  if (typeof name !== 'string') throw notOfType('STRING_VALUE');
  if (!STREAM_NAME.test(name)) {
    throw constraint(
      `'${name}'`,
      'deliveryStreamName',
      'satisfy regular expression pattern: [a-zA-Z0-9_.-]+',
    );
  }
  if (name !== stream) {
    throw new WireError(
      'ResourceNotFoundException',
      `Firehose ${name} not found under account ${accountId}.`,
    );
  }
}

/** The data of a PutRecord. */
export function readRecord(body: Json): Buffer {
  const data = dataOf(body.Record, 'record');
  if (data.length > MAX_RECORD_BYTES) throw tooLong(data, 'record.data', MAX_RECORD_BYTES);
  return data;
}

/** The data of a PutRecordBatch: all of it is refused, or none. */
export function readRecords(body: Json): Buffer[] {
  const records = body.Records;
  if (records === undefined || records === null) throw constraint('null', 'records', 'not be null');
  if (!Array.isArray(records)) throw notOfType('LIST_VALUE');
  if (records.length === 0) throw constraint("'[]'", 'records', 'have length greater than or equal to 1');
  if (records.length > MAX_BATCH_RECORDS) {
    throw constraint(
      `'[${records.length} records]'`,
      'records',
      `have length less than or equal to ${MAX_BATCH_RECORDS}`,
    );
  }
  const datas = records.map((record: unknown, index) => dataOf(record, `records.${index + 1}.member`));
  const long = datas.findIndex((data) => data.length > MAX_RECORD_BYTES);
  const data = datas[long];
  if (data) throw tooLong(data, `records.${long + 1}.member.data`, MAX_RECORD_BYTES);
  if (datas.reduce((sum, { length }) => sum + length, 0) > MAX_BATCH_BYTES) {
    throw new WireError('InvalidArgumentException', 'Records size exceeds 4 MB limit');
  }
  return datas;
}

function dataOf(record: unknown, place: string): Buffer {
  const data = isObject(record) ? record.Data : undefined;
  if (data === undefined || data === null) throw constraint('null', `${place}.data`, 'not be null');
  if (typeof data !== 'string' || !BASE64.test(data)) throw notOfType('BLOB_VALUE');
  return Buffer.from(data, 'base64');
}

function constraint(value: string, place: string, must: string): WireError {
  return new WireError(
    'ValidationException',
    `1 validation error detected: Value ${value} at '${place}' failed to satisfy constraint: Member must ${must}`,
  );
}

function tooLong({ length }: Buffer, place: string, max: number): WireError {
  const value = `'java.nio.HeapByteBuffer[pos=0 lim=${length} cap=${length}]'`;
  return constraint(value, place, `have length less than or equal to ${max}`);
}

const notOfType = (type: string): WireError =>
  new WireError('SerializationException', `${type} can not be converted from what was sent`);
