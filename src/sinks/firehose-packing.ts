/** API_PutRecordBatch and the quota page: a record before base64, a request in all, records a request. */
const MAX_RECORD_BYTES = 1_000 * 1024;
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
const MAX_REQUEST_RECORDS = 500;
/** A Lambda that takes records apart does so up to here. */
const MAX_RECORD_LINES = 500;
/** Each record is billed in steps of this (https://aws.amazon.com/firehose/pricing/). */
const BILLING_STEP_BYTES = 5 * 1024;

/** A line with its newline, and which record of the batch it is. */
export interface Line {
  readonly index: number;
  readonly bytes: Buffer;
}

/** A record for Firehose: lines, each with its newline, since Firehose joins records bare. */
export interface PackedRecord {
  readonly data: Buffer;
  readonly indexes: readonly number[];
}

export const fitsRecord = ({ bytes }: Line): boolean => bytes.length <= MAX_RECORD_BYTES;

/** As few records as the limits allow, in order. Every line must fit. */
export function packRecords(lines: readonly Line[]): PackedRecord[] {
  return groups(lines, ({ bytes }) => bytes.length, MAX_RECORD_LINES, MAX_RECORD_BYTES).map((group) => ({
    data: Buffer.concat(group.map(({ bytes }) => bytes)),
    indexes: group.map(({ index }) => index),
  }));
}

/** As few requests as the limits allow, in order. */
export function packRequests(records: readonly PackedRecord[]): PackedRecord[][] {
  return groups(records, ({ data }) => data.length, MAX_REQUEST_RECORDS, MAX_REQUEST_BYTES);
}

/** What a record counts on the bill. */
export const billedBytes = ({ data }: PackedRecord): number =>
  Math.ceil(data.length / BILLING_STEP_BYTES) * BILLING_STEP_BYTES;

function groups<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  maxItems: number,
  maxBytes: number,
): T[][] {
  const made: T[][] = [];
  let group: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (group.length > 0 && (group.length === maxItems || bytes + size > maxBytes)) {
      made.push(group);
      group = [];
      bytes = 0;
    }
    group.push(item);
    bytes += size;
  }
  if (group.length > 0) made.push(group);
  return made;
}
