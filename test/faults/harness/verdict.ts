import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { ImageProcessed } from '../../../src/serdes/image-processed.generated.ts';

/** What became of the images that were sent. All but `sent` must be 0. */
export interface Verdict {
  readonly sent: number;
  /** Without an event that says `processed`. */
  readonly missing: number;
  /** With more than one event. */
  readonly double: number;
  /** Renditions of events that are not in S3, or of another size. */
  readonly renditionsMissing: number;
}

/** Compares what was sent with what image-stats says, and that with what S3 holds. `notes` say in words what is wrong. */
export async function judge(
  sent: ReadonlyMap<string, string>,
  events: ReadonlyMap<string, readonly ImageProcessed[]>,
  { s3, bucket }: { readonly s3: S3Client; readonly bucket: string },
): Promise<{ verdict: Verdict; notes: string[] }> {
  const notes: string[] = [];
  const stored = await listProcessed(s3, bucket);
  let missing = 0;
  let double = 0;
  let renditionsMissing = 0;
  for (const [imageId, way] of sent) {
    const own = events.get(imageId) ?? [];
    const processed = own.find(({ outcome }) => outcome === 'processed');
    if (!processed) {
      missing++;
      const [event] = own;
      notes.push(
        `missing: ${imageId} (${way})${event ? `, but ${event.outcome} ${event.code}: ${event.reason}` : ''}`,
      );
    }
    if (own.length > 1) {
      double++;
      const places = own.map(
        (event) => `${event.sourceTopic} ${event.sourcePartition}@${event.sourceOffset}`,
      );
      notes.push(`double: ${imageId} (${way}), ${own.length} events of ${places.join(' and ')}`);
    }
    const renditions = processed?.renditions ?? [];
    const gone = renditions.filter(({ key, bytes }) => stored.get(key) !== bytes);
    if (processed && renditions.length === 0) gone.push({ ...NONE, key: `any rendition of ${imageId}` });
    renditionsMissing += gone.length;
    for (const { key, bytes } of gone) notes.push(`not in S3: ${key} (${bytes} bytes)`);
  }
  for (const imageId of events.keys()) if (!sent.has(imageId)) notes.push(`never sent: ${imageId}`);
  return { verdict: { sent: sent.size, missing, double, renditionsMissing }, notes };
}

const NONE = { name: '', bucket: '', key: '', contentType: '', width: 0, height: 0, bytes: 0 };

/** Sizes of all objects below processed/, by key. */
async function listProcessed(s3: S3Client, bucket: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: 'processed/', ContinuationToken: token }),
    );
    for (const { Key, Size } of page.Contents ?? []) if (Key) sizes.set(Key, Size ?? -1);
    token = page.NextContinuationToken;
  } while (token);
  return sizes;
}
