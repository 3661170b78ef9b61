import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs, { type Kafka as KafkaClient, type RetryOptions } from 'kafkajs';
import lz4 from 'lz4-napi';
import snappy from 'snappy';
import { mend } from './mended.ts';
import { explainRefusals } from './refusals.ts';
import { saslOptions, tlsOptions } from './security.ts';
import type { KafkaSettings, Logger } from './settings.ts';

const { Kafka, CompressionCodecs, CompressionTypes, logLevel } = kafkajs;

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/** Java frames snappy as Xerial blocks (magic, versions, then length and block); other clients send one bare block. */
async function decompressSnappy(buffer: Buffer): Promise<Buffer> {
  if (!buffer.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC))
    return Buffer.from(await snappy.uncompress(buffer, { asBuffer: true }));
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < buffer.length; ) {
    const end = at + 4 + buffer.readInt32BE(at);
    blocks.push(Buffer.from(await snappy.uncompress(buffer.subarray(at + 4, end), { asBuffer: true })));
    at = end;
  }
  return Buffer.concat(blocks);
}

/** KafkaJS reads gzip alone; other people's producers use all of these. */
function registerCodecs(): void {
  const encoderToBuffer = (encoder: { readonly buffer: Buffer }) => encoder.buffer;
  CompressionCodecs[CompressionTypes.Snappy] = () => ({
    compress: async (encoder: { readonly buffer: Buffer }) => snappy.compress(encoderToBuffer(encoder)),
    decompress: decompressSnappy,
  });
  CompressionCodecs[CompressionTypes.LZ4] = () => ({
    compress: async (encoder: { readonly buffer: Buffer }) => lz4.compressFrame(encoderToBuffer(encoder)),
    decompress: async (buffer: Buffer) => lz4.decompressFrame(buffer),
  });
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: async (encoder: { readonly buffer: Buffer }) => zstdCompressSync(encoderToBuffer(encoder)),
    decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
  });
}
registerCodecs();

/** Retries of ordinary requests: quick at first, a few seconds in all; what lasts longer is the caller's to handle. */
export const REQUEST_RETRY: RetryOptions = { initialRetryTime: 50, maxRetryTime: 1_000, retries: 8 };

/**
 * A KafkaJS client. Its own log goes to `debug`: in ordinary work it calls rebalances and retried requests errors; what
 * matters of them reaches the operator through the lifecycle and health.
 */
export function createKafka(settings: KafkaSettings, logger: Logger): KafkaClient {
  const kafka = new Kafka({
    clientId: settings.clientId,
    brokers: [...settings.brokers],
    ...(settings.tls && { ssl: tlsOptions(settings.tls) }),
    ...(settings.sasl && { sasl: saslOptions(settings.sasl) }),
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
    retry: REQUEST_RETRY,
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ namespace, label, log: { message, error } }) =>
        logger.debug({ kafkajs: namespace, level: label, error }, message),
  });
  mend(kafka);
  explainRefusals(kafka, settings);
  return kafka;
}
