import { createHash } from 'node:crypto';
import type { Rendition } from '../processors/types.ts';
import type { StoredRendition } from '../serdes/image-processed.generated.ts';
import type { AsyncContext } from '../topology/index.ts';
import type { DevelopDeps } from './deps.ts';
import type { ArchivedImage, DevelopedImage, LaidOutImage, RefusedImage, StoredBody } from './images.ts';

/** A dead letter's larger body goes to the archive: the letter must fit the 1 MiB that Kafka allows by default. */
const MAX_LETTER_BODY_BYTES = 512 * 1024;

type ArchiveDeps = Pick<DevelopDeps, 'archive' | 'archiveBucket'>;

/** Makes durable what must be so before the record's turn: all renditions, or the body of a large dead letter. */
export function archiveImage(deps: ArchiveDeps) {
  return async (
    image: DevelopedImage | RefusedImage,
    _key: unknown,
    { signal }: AsyncContext,
  ): Promise<ArchivedImage | LaidOutImage> => {
    const { identity, original } = image;
    if (image.kind === 'refused') {
      if (original === null || original.length <= MAX_LETTER_BODY_BYTES) return image;
      return { ...image, body: await storeBody(identity.imageId, original, deps, signal) };
    }
    const { facts, pipeline, durationMs, renditions } = image.developed;
    const version = resultVersion(facts.sha256, pipeline);
    const folder = `processed/${identity.customerId}/${identity.imageId}/${version}`;
    const stored = await Promise.all(
      renditions.map((rendition) => storeRendition(folder, rendition, deps, signal)),
    );
    return { kind: 'archived', identity, original, facts, pipeline, durationMs, renditions: stored };
  };
}

/** Names the result by what it was made of and how, so that a repeat writes the same keys: 16 lower-case hex digits. */
const resultVersion = (contentSha256: string, pipeline: string): string =>
  createHash('sha256').update(`${contentSha256}\n${pipeline}`).digest('hex').slice(0, 16);

async function storeRendition(
  folder: string,
  { name, extension, contentType, width, height, body }: Rendition,
  { archive, archiveBucket }: ArchiveDeps,
  signal: AbortSignal,
): Promise<StoredRendition> {
  const key = `${folder}/${name}.${extension}`;
  const { bytes } = await archive.put(key, body, { contentType, signal });
  return { name, bucket: archiveBucket, key, contentType, width, height, bytes };
}

async function storeBody(
  imageId: string,
  body: Buffer,
  { archive, archiveBucket }: ArchiveDeps,
  signal: AbortSignal,
): Promise<StoredBody> {
  const sha256 = createHash('sha256').update(body).digest('hex');
  const key = `dead/${imageId}/${sha256}`;
  await archive.put(key, body, { contentType: 'application/octet-stream', signal });
  return { bucket: archiveBucket, key, sha256, bytes: body.length };
}
