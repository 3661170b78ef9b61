// What Firehose takes and what it refuses, as data: each case with the page that says so.
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_RECORD_BYTES } from './request.ts';
import type { WireErrorType } from './wire-error.ts';

const DOCS = 'https://docs.aws.amazon.com/firehose/latest';
const BATCH = `${DOCS}/APIReference/API_PutRecordBatch.html`;
const SINGLE = `${DOCS}/APIReference/API_PutRecord.html`;
const RECORD = `${DOCS}/APIReference/API_Record.html`;
const DESCRIBE = `${DOCS}/APIReference/API_DescribeDeliveryStream.html`;
const COMMON = `${DOCS}/APIReference/CommonErrors.html`;
const QUOTA = `${DOCS}/dev/limits.html`;

export interface LimitCase {
  readonly title: string;
  readonly page: string;
  readonly operation: 'PutRecordBatch' | 'PutRecord' | 'DescribeDeliveryStream';
  /** Sizes of the records' data in bytes; null: a record without data. */
  readonly records?: readonly (number | null)[];
  /** Default: the stream that exists. */
  readonly stream?: string;
  /** Default: the one that is let in. */
  readonly accessKeyId?: string;
  readonly expect:
    | 'accepted'
    | { readonly error: WireErrorType; readonly status: number; readonly message: RegExp };
}

const times = (count: number, bytes: number): number[] => Array.from({ length: count }, () => bytes);

export const LIMIT_CASES: readonly LimitCase[] = [
  {
    title: 'a batch of as many records as are allowed',
    page: BATCH,
    operation: 'PutRecordBatch',
    records: times(MAX_BATCH_RECORDS, 10),
    expect: 'accepted',
  },
  {
    title: 'a batch of one record more',
    page: BATCH,
    operation: 'PutRecordBatch',
    records: times(MAX_BATCH_RECORDS + 1, 10),
    expect: {
      error: 'ValidationException',
      status: 400,
      message:
        /at 'records' failed to satisfy constraint: Member must have length less than or equal to 500$/,
    },
  },
  {
    title: 'a batch without records',
    page: BATCH,
    operation: 'PutRecordBatch',
    records: [],
    expect: { error: 'ValidationException', status: 400, message: /length greater than or equal to 1$/ },
  },
  {
    title: 'a record of the largest size, before base64',
    page: QUOTA,
    operation: 'PutRecordBatch',
    records: [MAX_RECORD_BYTES],
    expect: 'accepted',
  },
  {
    title: 'a record of one byte more',
    page: QUOTA,
    operation: 'PutRecordBatch',
    records: [10, MAX_RECORD_BYTES + 1],
    expect: {
      error: 'ValidationException',
      status: 400,
      message: /'records\.2\.member\.data' failed to satisfy constraint: .* less than or equal to 1024000$/,
    },
  },
  {
    title: 'a batch of 4 MiB',
    page: BATCH,
    operation: 'PutRecordBatch',
    records: [...times(4, MAX_RECORD_BYTES), MAX_BATCH_BYTES - 4 * MAX_RECORD_BYTES],
    expect: 'accepted',
  },
  {
    title: 'a batch of 4 MiB and a byte',
    page: BATCH,
    operation: 'PutRecordBatch',
    records: [...times(4, MAX_RECORD_BYTES), MAX_BATCH_BYTES - 4 * MAX_RECORD_BYTES + 1],
    expect: { error: 'InvalidArgumentException', status: 400, message: /^Records size exceeds 4 MB limit$/ },
  },
  {
    title: 'too many records that are too large together: the number is looked at first',
    page: BATCH,
    operation: 'PutRecordBatch',
    records: times(MAX_BATCH_RECORDS + 1, 10_000),
    expect: { error: 'ValidationException', status: 400, message: /less than or equal to 500$/ },
  },
  {
    title: 'an empty record: its length has the minimum 0',
    page: RECORD,
    operation: 'PutRecordBatch',
    records: [0, 10],
    expect: 'accepted',
  },
  {
    title: 'a record without data',
    page: RECORD,
    operation: 'PutRecordBatch',
    records: [null],
    expect: {
      error: 'ValidationException',
      status: 400,
      message:
        /Value null at 'records\.1\.member\.data' failed to satisfy constraint: Member must not be null$/,
    },
  },
  {
    title: 'a single record of the largest size',
    page: SINGLE,
    operation: 'PutRecord',
    records: [MAX_RECORD_BYTES],
    expect: 'accepted',
  },
  {
    title: 'a single record of one byte more',
    page: SINGLE,
    operation: 'PutRecord',
    records: [MAX_RECORD_BYTES + 1],
    expect: { error: 'ValidationException', status: 400, message: /'record\.data'/ },
  },
  {
    title: 'a batch for a stream that is not there',
    page: BATCH,
    operation: 'PutRecordBatch',
    records: [10],
    stream: 'another',
    expect: {
      error: 'ResourceNotFoundException',
      status: 400,
      message: /^Firehose another not found under account \d{12}\.$/,
    },
  },
  {
    title: 'a record for a stream that is not there',
    page: SINGLE,
    operation: 'PutRecord',
    records: [10],
    stream: 'another',
    expect: { error: 'ResourceNotFoundException', status: 400, message: /another/ },
  },
  {
    title: 'the description of a stream',
    page: DESCRIBE,
    operation: 'DescribeDeliveryStream',
    expect: 'accepted',
  },
  {
    title: 'the description of a stream that is not there',
    page: DESCRIBE,
    operation: 'DescribeDeliveryStream',
    stream: 'another',
    expect: { error: 'ResourceNotFoundException', status: 400, message: /another/ },
  },
  {
    title: 'a name that no stream can have',
    page: BATCH,
    operation: 'PutRecordBatch',
    records: [10],
    stream: 'not a name',
    expect: { error: 'ValidationException', status: 400, message: /'deliveryStreamName'/ },
  },
  {
    title: 'an access key that nobody knows',
    page: COMMON,
    operation: 'PutRecordBatch',
    records: [10],
    accessKeyId: 'AKIANOBODYKNOWSIT000',
    expect: { error: 'UnrecognizedClientException', status: 400, message: /security token/ },
  },
];
