// Events as they lie on image-stats, for tests of what reads them.
import type { ImageProcessed } from '../../../src/serdes/image-processed.generated.ts';

export const anEvent = (change: Partial<ImageProcessed> = {}): ImageProcessed => ({
  eventId: '0123456789abcdef0123456789abcdef',
  attemptId: null,
  revision: 1,
  customerId: 'acme',
  source: 'upload',
  outcome: 'processed',
  code: null,
  reason: null,
  type: 'jpeg',
  bytes: 1234,
  width: 40,
  height: 30,
  frames: 1,
  hasAlpha: false,
  sha256: 'ab'.repeat(32),
  pipeline: 'standard@1',
  renditions: [
    { name: 'thumb', bucket: 'b', key: 'k', contentType: 'image/webp', width: 4, height: 3, bytes: 50 },
    { name: 'large', bucket: 'b', key: 'l', contentType: 'image/webp', width: 8, height: 6, bytes: 70 },
  ],
  createdAt: null,
  receivedAt: Date.parse('2026-11-20T23:59:59.999Z'),
  processedAt: Date.parse('2026-11-21T00:00:01.000Z'),
  durationMs: 12,
  sourceTopic: 'image-uploads',
  sourcePartition: 1,
  sourceOffset: 7,
  replaces: null,
  ...change,
});
