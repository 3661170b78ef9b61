import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { CommandStep, ModuleStep } from '../../../src/processors/steps/step.ts';
import { colourOf, darkroomOf, plain, processed, refused } from './steps-lab.ts';

const plugIn = (name: string) => join(import.meta.dirname, 'plug-ins', name);
const answers: ModuleStep = { step: 'module', path: plugIn('answers.ts') };
const invert: ModuleStep = { step: 'module', path: plugIn('invert.ts') };
const program = (what: string): CommandStep => ({
  step: 'command',
  path: plugIn('program.mjs'),
  name: what,
  args: [what],
});

const room = darkroomOf({
  answers: [{ ...answers, limits: { maxOutputBytes: 30_000_000 } }],
  'limited-time': [{ ...answers, limits: { timeoutMs: 1_000 } }],
  'limited-memory': [{ ...answers, limits: { memoryBytes: 400 * 1024 * 1024 } }],
  between: [invert, program('read-nothing'), { ...answers, name: 'halve' }, program('echo'), invert],
  twice: [answers, program('echo'), answers],
});

describe('a module', () => {
  it.each([
    ['#0a0000', 'limited-time', 'failed', 'PLUGIN_TIMEOUT', 'it took more than 1000 ms'],
    ['#140000', 'limited-memory', 'failed', 'PLUGIN_OUT_OF_MEMORY', 'took more than 419430400 bytes'],
    ['#1e0000', 'answers', 'rejected', 'PLUGIN_BLURRED', 'nothing is sharp'],
    ['#280000', 'answers', 'rejected', 'PLUGIN_REJECTED', 'TIMEOUT: it is late'],
    ['#320000', 'answers', 'failed', 'PLUGIN_FAILED', 'its rendition thumb has the name of another'],
    ['#3c0000', 'answers', 'failed', 'PLUGIN_FAILED', 'its rendition "../escape" is not named by'],
    ['#460000', 'answers', 'failed', 'PLUGIN_OUTPUT_TOO_LARGE', 'more than 30000000 bytes'],
    ['#640000', 'answers', 'failed', 'PLUGIN_FAILED', 'frames -48 high'],
    [
      '#6e0000',
      'answers',
      'failed',
      'PLUGIN_FAILED',
      'it returned 2 frames for a picture that does not move',
    ],
    ['#780000', 'answers', 'failed', 'PLUGIN_FAILED', 'bytes for 0.5 × 6144'],
    [
      '#820000',
      'answers',
      'failed',
      'PLUGIN_FAILED',
      'it returned 2 frames for a picture that does not move',
    ],
    ['#960000', 'answers', 'failed', 'PLUGIN_FAILED', 'it returned a string; allowed are a picture'],
    ['#aa0000', 'answers', 'failed', 'PLUGIN_FAILED', 'what was thrown says nothing'],
    ['#a00000', 'answers', 'failed', 'PLUGIN_FAILED', 'turned is an animation that is stored turned'],
  ])(
    'that misbehaves on %s: %s, %s, %s',
    async (colour, pipeline, outcome, code, reason) => {
      const [bad, good] = await Promise.all([
        room.develop(await plain(colour), { pipeline }),
        room.develop(await plain('#ff0000'), { pipeline: 'answers' }),
      ]);
      expect(refused(bad)).toMatchObject({ outcome, code, reason: expect.stringContaining(reason) });
      expect(good.outcome).toBe('processed');
    },
    30_000,
  );

  it('that returns nothing leaves the picture as it is', async () => {
    const result = processed(await room.develop(await plain('#5a0000'), { pipeline: 'answers' }));
    expect(result.renditions.map(({ name }) => name)).toEqual(['large', 'medium', 'thumb']);
    expect(result.steps).toMatchObject([{ name: 'answers.ts', step: 'module', outcome: 'unchanged' }]);
  });

  it('gives a picture and renditions besides, whose location never survives', async () => {
    const halved = processed(await room.develop(await plain('#ff0000'), { pipeline: 'answers' }));
    expect(halved.renditions.map(({ name, format, width, height }) => [name, format, width, height])).toEqual(
      [
        ['large', 'jpeg', 64, 24],
        ['medium', 'jpeg', 64, 24],
        ['thumb', 'jpeg', 64, 24],
        ['whole', 'png', 64, 48],
        ['was-png', 'png', 64, 48],
      ],
    );
    const located = processed(
      await room.develop(await plain('#500000'), { pipeline: 'answers' }),
    ).renditions.at(-1);
    expect(located?.name).toBe('located');
    expect((await sharp(located?.body).metadata()).exif).toBeUndefined();
    const commented = processed(
      await room.develop(await plain('#8c0000'), { pipeline: 'answers' }),
    ).renditions.at(-1);
    expect(commented).toMatchObject({ name: 'located', format: 'gif', width: 20, height: 10 });
    expect(commented?.body.includes('GPSLatitude')).toBe(false);
  });
});

describe('steps', () => {
  it('run in order, wherever each of them runs, and each is told of', async () => {
    const result = processed(await room.develop(await plain('#00ff00', 400, 200), { pipeline: 'between' }));
    // inverted, left, halved, echoed, inverted again
    const [r = 255, g = 0, b = 255] = await colourOf(result.renditions[0]?.body);
    expect(r).toBeLessThan(20);
    expect(g).toBeGreaterThan(230);
    expect(b).toBeLessThan(20);
    expect(result.renditions.map(({ name, width, height }) => [name, width, height])).toEqual([
      ['large', 400, 100],
      ['medium', 400, 100],
      ['thumb', 256, 64],
      ['whole', 400, 200],
      ['was-png', 400, 200],
    ]);
    expect(result.steps?.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['invert.ts', 'changed'],
      ['read-nothing', 'unchanged'],
      ['halve', 'changed'],
      ['echo', 'changed'],
      ['invert.ts', 'changed'],
    ]);
  });

  it('may not name a rendition as one before them did, in another stretch', async () => {
    expect(await room.develop(await plain('#ff0000'), { pipeline: 'twice' })).toMatchObject({
      outcome: 'failed',
      code: 'PLUGIN_FAILED',
      reason: 'the plug-in answers.ts failed: its rendition whole has the name of another',
      steps: [{ outcome: 'changed' }, { outcome: 'changed' }, { outcome: 'failed' }],
    });
  });

  it('never see an image that is broken', async () => {
    const whole = await sharp(await plain('#00ff00', 400, 300))
      .jpeg()
      .toBuffer();
    const result = refused(await room.develop(whole.subarray(0, whole.length / 2), { pipeline: 'between' }));
    expect(result.code).toBe('IMAGE_CORRUPT');
    expect(result.steps).toBeUndefined();
  });
});
