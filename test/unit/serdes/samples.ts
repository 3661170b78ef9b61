import type { ImageProcessed } from '../../../src/serdes/image-processed.generated.ts';
import type { ImageUploaded } from '../../../src/serdes/image-uploaded.generated.ts';

export const upload: ImageUploaded = {
  imageId: '0123456789abcdef0123456789abcdef',
  customerId: 'acme',
  bucket: 'images',
  key: 'incoming/acme/u-1/cat.jpg',
  versionId: null,
  sizeBytes: 1234,
  contentType: 'image/jpeg',
  receivedAt: 1_795_000_000_123,
};

export const processed: ImageProcessed = {
  eventId: upload.imageId,
  attemptId: null,
  revision: 1,
  customerId: 'acme',
  source: 'upload',
  outcome: 'processed',
  code: null,
  reason: null,
  type: 'jpeg',
  bytes: 1234,
  width: 640,
  height: 480,
  frames: 1,
  hasAlpha: false,
  sha256: 'ab'.repeat(32),
  pipeline: 'standard@1',
  renditions: [
    {
      name: 'thumb',
      bucket: 'images',
      key: 'processed/acme/x/y/thumb.webp',
      contentType: 'image/webp',
      width: 160,
      height: 120,
      bytes: 4321,
    },
  ],
  createdAt: null,
  receivedAt: 1_795_000_000_123,
  processedAt: 1_795_000_000_456,
  durationMs: 42,
  sourceTopic: 'image-uploads',
  sourcePartition: 3,
  sourceOffset: 2 ** 52,
  replaces: null,
};
