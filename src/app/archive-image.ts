import { createHash } from 'node:crypto';
import type { FocalPoint, Rendition } from '../processors/types.ts';
import type { StoredRendition } from '../serdes/image-processed.generated.ts';
import type { AsyncContext } from '../topology/index.ts';
import type { DevelopDeps } from './deps.ts';
import type { ArchivedImage, DevelopedImage, LaidOutImage, RefusedImage } from './images.ts';
import { orProblem } from './or-problem.ts';

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
    const { identity, original, policyVersion } = image;
    if (image.kind === 'refused') return layOut(image, deps, signal);
    const { facts, pipeline, fingerprint, durationMs, renditions } = image.developed;
    const recipe = fingerprint === undefined ? pipeline : `${pipeline}+${fingerprint}`;
    const version = resultVersion(facts.sha256, recipe, policyVersion, image.focalPoint);
    const folder = `processed/${identity.customerId}/${identity.imageId}/${version}`;
    const stored = await orProblem(() =>
      Promise.all(renditions.map((rendition) => storeRendition(folder, rendition, deps, signal))),
    );
    if ('problem' in stored) {
      const refused = { outcome: 'failed', ...stored.problem, facts, durationMs } as const;
      return layOut({ kind: 'refused', identity, original, refused }, deps, signal);
    }
    return { kind: 'archived', identity, original, facts, pipeline, durationMs, renditions: stored };
  };
}

/** Names the result by what it was made of and how, so that a repeat writes the same keys: 16 lower-case hex digits. */
function resultVersion(
  contentSha256: string,
  recipe: string,
  policyVersion: number | undefined,
  focalPoint: FocalPoint | undefined,
): string {
  const parts = [
    contentSha256,
    recipe,
    ...(policyVersion === undefined ? [] : [policyVersion]),
    ...(focalPoint ? [`focal-point ${focalPoint.x},${focalPoint.y}`] : []),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

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

/** Makes a refused image ready for its letter. */
async function layOut(
  image: RefusedImage,
  { archive, archiveBucket }: ArchiveDeps,
  signal: AbortSignal,
): Promise<LaidOutImage> {
  const { identity, original } = image;
  if (original === null || original.length <= MAX_LETTER_BODY_BYTES) return image;
  const sha256 = createHash('sha256').update(original).digest('hex');
  const key = `dead/${identity.imageId}/${sha256}`;
  const stored = await orProblem(() =>
    archive.put(key, original, { contentType: 'application/octet-stream', signal }),
  );
  const place = 'problem' in stored ? {} : { place: { bucket: archiveBucket, key } };
  return { ...image, body: { ...place, sha256, bytes: original.length } };
}
