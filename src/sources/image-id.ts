import { createHash } from 'node:crypto';
import type { Unusable } from './arrival.ts';

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

const REPLACED = '\ufffd';

/**
 * Undefined when a producer's name tells its image from others, else what is wrong with it. What is not UTF-8 is read as the same
 * sign, so two names would be one, and the second image a repeat of the first.
 */
export function imageNameProblem(name: string | undefined): Unusable | undefined {
  if (name === undefined || (name.isWellFormed() && !name.includes(REPLACED))) return undefined;
  return {
    code: 'IMAGE_ID_INVALID',
    reason: `the image id ${JSON.stringify(name.slice(0, 64).toWellFormed())} is not UTF-8: send it in UTF-8`,
  };
}

/** The id of an image that its producer named: the same on whichever way it comes. */
export const imageIdOfName = (customerId: string, name: string): string => digest([customerId, name]);

/** The id of an image that only its record's place tells apart. */
export const imageIdOfRecord = ({ topic, partition, offset, timestamp }: RecordPlace): string =>
  digest(['', 'record', topic, String(partition), String(offset), String(timestamp)]); // '': no customer's id

const digest = (parts: readonly string[]) =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
