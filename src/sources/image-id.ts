import { createHash } from 'node:crypto';

/** The place of a record, which names an image that its producer did not name. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** ms since the epoch */
  readonly timestamp: number;
}

const IMAGE_ID = /^[0-9a-f]{32}$/;

export const isImageId = (text: string): boolean => IMAGE_ID.test(text);

/** The id of an image that its producer named: the same on whichever way it comes. */
export const imageIdOfName = (customerId: string, name: string): string => digest([customerId, name]);

/** The id of an image that only its record's place tells apart. */
export const imageIdOfRecord = ({ topic, partition, offset, timestamp }: RecordPlace): string =>
  digest(['', 'record', topic, String(partition), String(offset), String(timestamp)]); // '': no customer's id

const digest = (parts: readonly string[]) =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
