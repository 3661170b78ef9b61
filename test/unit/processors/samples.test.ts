import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePhotograph, makeSamples, type Sample } from '../../../dev/samples/index.ts';
import {
  createDarkroom,
  DEFAULT_LIMITS,
  identify,
  STANDARD_PIPELINE,
} from '../../../src/processors/index.ts';

describe('the sample pictures', () => {
  const folder = mkdtempSync(join(tmpdir(), 'samples-test-'));
  let samples: Sample[] = [];
  beforeAll(async () => {
    samples = await makeSamples(folder);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are at least 44 of four customers on all three ways, named and made once', async () => {
    expect(samples.length).toBeGreaterThanOrEqual(44);
    expect(new Set(samples.map(({ customer }) => customer)).size).toBe(4);
    expect(new Set(samples.map(({ way }) => way))).toEqual(new Set(['upload', 'stream', 'reference']));
    expect(new Set(samples.map(({ name, customer }) => customer + name)).size).toBe(samples.length);
    const digests = samples.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'));
    expect(new Set(digests).size).toBe(samples.length);
    expect(readdirSync(folder)).toHaveLength(samples.length);
    const kept = await makeSamples(folder);
    expect(kept.every(({ bytes }, index) => samples[index]?.bytes.equals(bytes))).toBe(true);
    for (const { way, bytes } of samples) if (way === 'stream') expect(bytes.length).toBeLessThan(900_000);
  });

  it('come out as they say, each, through the real workers', async () => {
    const room = createDarkroom({
      workers: 2,
      deadlineMs: 30_000,
      workerMemoryBytes: 1024 ** 3,
      limits: DEFAULT_LIMITS,
      pipelines: [STANDARD_PIPELINE],
    });
    try {
      const results = await Promise.all(samples.map(({ bytes }) => room.develop(bytes, {})));
      for (const [index, sample] of samples.entries()) {
        const result = results[index];
        expect(identify(sample.bytes), sample.name).toBe(sample.type);
        expect(result?.outcome, sample.name).toBe(sample.expected);
        if (result && result.outcome !== 'processed') expect(result.code, sample.name).toBe(sample.code);
        if (result?.outcome === 'processed' && sample.name.startsWith('orientation')) {
          expect([result.facts.width, result.facts.height], sample.name).toEqual([1200, 800]);
        }
      }
    } finally {
      await room.close();
    }
  }, 60_000);
});

describe('a photograph', () => {
  it('is a JPEG of the size asked for, with bytes of its own', async () => {
    const [first, second, again] = await Promise.all([0, 6, 0].map((seed) => makePhotograph(seed, 800, 600)));
    expect(await sharp(first).metadata()).toMatchObject({ format: 'jpeg', width: 800, height: 600 });
    expect(first?.equals(second ?? Buffer.alloc(0))).toBe(false);
    expect(again && first?.equals(again)).toBe(true);
  });
});
