import type { ImageUploaded } from '../../../src/serdes/image-uploaded.generated.ts';
import { anEvent } from '../../support/image-event.ts';

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

export const processed = anEvent({
  eventId: upload.imageId,
  width: 640,
  height: 480,
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
  receivedAt: 1_795_000_000_123,
  processedAt: 1_795_000_000_456,
  durationMs: 42,
  sourcePartition: 3,
  sourceOffset: 2 ** 52,
});
