// The results as a customer would fetch them: every rendition that image-stats names must lie in S3.
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { ImageProcessed } from '../../src/serdes/image-processed.generated.ts';
import { messageOf } from '../stack/errors.ts';
import type { Stack } from '../stack/stack.ts';

/** The rendition that the contact sheet shows. */
const SHOWN = 'medium';

export interface Fetched {
  /** `data:` URLs by image id. */
  readonly pictures: ReadonlyMap<string, string>;
  /** What is missing or of another size, a sentence each. */
  readonly problems: readonly string[];
}

export async function fetchRenditions(events: readonly ImageProcessed[], stack: Stack): Promise<Fetched> {
  const { endpoint, region, accessKeyId, secretAccessKey } = stack.addresses.s3;
  const s3 = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  const pictures = new Map<string, string>();
  const problems: string[] = [];
  const fetchOne = async (eventId: string, rendition: ImageProcessed['renditions'][number]) => {
    const { bucket, key, bytes, contentType, name } = rendition;
    const place = { Bucket: bucket, Key: key };
    try {
      const { ContentLength } = await s3.send(new HeadObjectCommand(place));
      if (ContentLength !== bytes)
        problems.push(`${key} has ${ContentLength} bytes, its event says ${bytes}`);
      if (name !== SHOWN) return;
      const { Body } = await s3.send(new GetObjectCommand(place));
      pictures.set(eventId, `data:${contentType};base64,${await Body?.transformToString('base64')}`);
    } catch (error) {
      problems.push(`${key} is not to be had from S3: ${messageOf(error)}`);
    }
  };
  try {
    for (const { eventId, renditions } of events) {
      await Promise.all(renditions.map((rendition) => fetchOne(eventId, rendition)));
    }
  } finally {
    s3.destroy();
  }
  return { pictures, problems };
}
