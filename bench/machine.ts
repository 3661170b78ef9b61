import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import sharp from 'sharp';
import { KAFKA_VERSION } from '../dev/stack/native/artefacts.ts';

/** What a figure means nothing without. */
export function machine(): Record<string, string | number> {
  const client: unknown = JSON.parse(
    readFileSync(new URL('../node_modules/kafkajs/package.json', import.meta.url), 'utf8'),
  );
  return {
    at: new Date().toISOString(),
    commit: git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'src') ? ' + changes' : ''),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    os: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    sharp: sharp.versions.sharp ?? 'unknown',
    libvips: sharp.versions.vips,
    broker: `Apache Kafka ${KAFKA_VERSION}, one node`,
    kafkajs: versionOf(client),
  };
}

function versionOf(manifest: unknown): string {
  const version: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}
