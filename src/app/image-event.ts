import type { ImageProcessed } from '../serdes/image-processed.generated.ts';
import type { RecordContext } from '../topology/record.ts';
import type { ArchivedImage, LaidOutImage } from './images.ts';

const MAX_REASON_CHARACTERS = 500;

/** The event that an image leaves, whatever became of it. */
export function imageEvent(
  image: ArchivedImage | LaidOutImage,
  context: RecordContext,
  nowMs: number,
): ImageProcessed {
  const { imageId, customerId, source, createdAtMs, receivedAtMs } = image.identity;
  const archived = image.kind === 'archived';
  const facts = archived ? image.facts : image.refused.facts;
  return {
    eventId: imageId,
    attemptId: null,
    revision: 1,
    customerId,
    source,
    outcome: archived ? 'processed' : image.refused.outcome,
    code: archived ? null : image.refused.code,
    reason: archived ? null : image.refused.reason.slice(0, MAX_REASON_CHARACTERS),
    type: facts.format ?? 'unknown',
    bytes: facts.bytes ?? null,
    width: facts.width ?? null,
    height: facts.height ?? null,
    frames: facts.frames ?? null,
    hasAlpha: facts.hasAlpha ?? null,
    sha256: facts.sha256 ?? null,
    megapixels: facts.megapixels ?? null,
    colourSpace: facts.colourSpace ?? null,
    orientation: facts.orientation ?? null,
    hasLocation: facts.hasLocation ?? null,
    cameraMake: facts.camera?.make ?? null,
    cameraModel: facts.camera?.model ?? null,
    dominantColour: facts.look?.dominantColour ?? null,
    palette: facts.look?.palette ?? null,
    thumbHash: facts.look?.thumbHash ?? null,
    perceptualHash: facts.look?.perceptualHash ?? null,
    pipeline: archived ? image.pipeline : null,
    renditions: archived ? image.renditions : [],
    createdAt: createdAtMs ?? null,
    receivedAt: receivedAtMs,
    processedAt: nowMs,
    durationMs: Math.round(archived ? image.durationMs : image.refused.durationMs),
    sourceTopic: context.topic,
    sourcePartition: context.partition,
    sourceOffset: context.offset,
    replaces: null,
  };
}
