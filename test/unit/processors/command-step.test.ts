import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { CommandStep } from '../../../src/processors/steps/step.ts';
import { processesOf, until } from './processes.ts';
import { colourOf, darkroomOf, folderOfTests, moving, plain, processed, refused } from './steps-lab.ts';

const program = join(import.meta.dirname, 'plug-ins', 'program.mjs');
const folder = folderOfTests();
const file = (name: string) => join(folder, name);

const does = (what: string, ...rest: string[]): CommandStep => ({
  step: 'command',
  path: program,
  name: what,
  args: [what, ...rest],
  limits: { timeoutMs: 15_000, memoryBytes: 300 * 1024 * 1024, maxOutputBytes: 4 * 1024 * 1024 },
});

const script = (name: string, text: string): CommandStep => {
  writeFileSync(file(name), text, { mode: 0o755 });
  return { step: 'command', path: file(name), name };
};

const room = darkroomOf({
  hang: [{ ...does('hang'), limits: { timeoutMs: 1_500 } }],
  ...Object.fromEntries(
    [
      ...['eat', 'eat-in-a-child', 'exit', 'crash', 'print-for-ever', 'read-nothing', 'noise', 'echo'],
      ...['reject-with-code', 'reject-plainly', 'reject-with-our-code'],
    ].map((what) => [what, [does(what)]]),
  ),
  'complain-for-ever': [{ ...does('complain-for-ever'), limits: { timeoutMs: 1_500 } }],
  bomb: [does('answer-file', file('bomb.png'))],
  half: [does('answer-file', file('half.jpg'))],
  'green-instead': [does('answer-file', file('green.webp'))],
  turned: [does('answer-file', file('turned.jpg'))],
  document: [does('answer-file', file('answer.json'))],
  'data-url': [does('answer-file', file('data-url.json'))],
  environment: [does('write-environment', file('environment.json'))],
  'leave-a-child': [does('leave-a-child', file('child.pid'))],
  'windows-ends': [script('windows-ends', '#!/bin/sh\r\ncat\r\n')],
  'no-interpreter': [script('no-interpreter', '#!/no/such/python3\nprint()\n')],
  'keep-png': [does('keep-input', file('kept-png'))],
  'keep-jpeg': [{ ...does('keep-input', file('kept-jpeg')), input: 'jpeg' }],
  'keep-webp': [{ ...does('keep-input', file('kept-webp')), input: 'webp' }],
  'keep-original': [{ ...does('keep-input', file('kept-original')), input: 'original' }],
});

const isAlive = (pid: number) => {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
};

describe('a program that misbehaves', () => {
  it.each([
    ['hang', 'failed', 'PLUGIN_TIMEOUT', 'the plug-in hang failed: it took more than 1500 ms'],
    ['eat', 'failed', 'PLUGIN_OUT_OF_MEMORY', 'it took more than 314572800 bytes'],
    ['eat-in-a-child', 'failed', 'PLUGIN_OUT_OF_MEMORY', 'it took more than 314572800 bytes'],
    ['exit', 'failed', 'PLUGIN_FAILED', 'the plug-in exit failed: exit code 3: no such model'],
    ['crash', 'failed', 'PLUGIN_FAILED', 'it was ended by SIGSEGV'],
    ['print-for-ever', 'failed', 'PLUGIN_OUTPUT_TOO_LARGE', 'it answered more than 4194304 bytes'],
    ['complain-for-ever', 'failed', 'PLUGIN_TIMEOUT', 'it took more than 1500 ms'],
    ['noise', 'failed', 'PLUGIN_FAILED', 'its answer of 20 bytes is neither an image nor JSON'],
    ['windows-ends', 'failed', 'PLUGIN_FAILED', 'first line, /bin/sh, is not there: the line ends with CRLF'],
    ['no-interpreter', 'failed', 'PLUGIN_FAILED', 'interpreter of its first line, /no/such/python3, is not'],
    ['reject-with-code', 'rejected', 'PLUGIN_BLURRED', 'nothing is sharp'],
    ['reject-plainly', 'rejected', 'PLUGIN_REJECTED', 'not a picture of a cat'],
    ['reject-with-our-code', 'rejected', 'PLUGIN_REJECTED', 'TIMEOUT: it is late'],
  ])('%s: %s, %s', async (pipeline, outcome, code, reason) => {
    const [bad, good] = await Promise.all([
      room.develop(await plain('#804020'), { pipeline }),
      room.develop(await plain('#804020'), { pipeline: 'echo' }),
    ]);
    expect(refused(bad)).toMatchObject({ outcome, code, reason: expect.stringContaining(reason) });
    expect(bad.facts).toMatchObject({ format: 'png', width: 64, height: 48 });
    expect(bad.steps).toMatchObject([{ name: pipeline, step: 'command', outcome }]);
    expect(good.outcome).toBe('processed');
  });

  it('answers with an image bomb or half an image: fails, guarded again', async () => {
    const flat = { create: { width: 9_000, height: 9_000, channels: 3 as const, background: '#000' } };
    writeFileSync(file('bomb.png'), await sharp(flat).png({ compressionLevel: 1 }).toBuffer());
    const whole = await sharp(await plain('#00ff00', 400, 300))
      .jpeg()
      .toBuffer();
    writeFileSync(file('half.jpg'), whole.subarray(0, whole.length / 2));
    const image = await plain('#804020');
    expect(await room.develop(image, { pipeline: 'bomb' })).toMatchObject({
      outcome: 'failed',
      code: 'PLUGIN_OUTPUT_TOO_LARGE',
      reason: expect.stringContaining('81000000 pixels'),
    });
    expect(await room.develop(image, { pipeline: 'half' })).toMatchObject({
      outcome: 'failed',
      code: 'PLUGIN_FAILED',
    });
  }, 60_000);

  it('leaves a child behind: the whole group ends', async () => {
    processed(await room.develop(await plain('#804020'), { pipeline: 'leave-a-child' }));
    const pid = Number(readFileSync(file('child.pid'), 'utf8'));
    expect(pid).toBeGreaterThan(1);
    await until('the child is gone', () => !isAlive(pid));
  });

  it('hangs when its image is called off: it ends with it', async () => {
    const off = new AbortController();
    const running = room.develop(await plain('#804020'), { pipeline: 'hang', signal: off.signal });
    setTimeout(() => off.abort(new Error('called off')), 800);
    await expect(running).rejects.toThrow('called off');
  });

  it('hangs when the service is killed: it ends with it', async () => {
    const service = spawn(
      process.execPath,
      [join(import.meta.dirname, 'plug-ins', 'service.ts'), folder, program, file('hanging.pid')],
      { stdio: 'ignore' },
    );
    const told = () => {
      try {
        return Number(readFileSync(file('hanging.pid'), 'utf8'));
      } catch {
        return 0;
      }
    };
    await until('the program runs', () => told() > 0);
    expect(processesOf(file('hanging.pid')).length).toBeGreaterThan(1);
    service.kill('SIGKILL');
    // two images, two programs: the second may begin while the service is being killed
    await until('service and programs are gone', () => processesOf(file('hanging.pid')).length === 0);
  }, 30_000);
});

describe('a program', () => {
  it('that reads nothing and says nothing leaves the picture as it is', async () => {
    const result = processed(
      await room.develop(await plain('#804020', 1500, 900), { pipeline: 'read-nothing' }),
    );
    expect(result.renditions.map(({ name, width }) => [name, width])).toEqual([
      ['large', 1024],
      ['medium', 512],
      ['thumb', 256],
    ]);
    expect(result.steps).toMatchObject([{ name: 'read-nothing', outcome: 'unchanged', outputBytes: 0 }]);
  });

  it('gives another picture; facts stay those of the image as it came', async () => {
    writeFileSync(
      file('green.webp'),
      await sharp(await plain('#00ff00', 300, 600))
        .webp()
        .toBuffer(),
    );
    const result = processed(
      await room.develop(await plain('#ff0000', 800, 400), { pipeline: 'green-instead' }),
    );
    expect(result.facts).toMatchObject({ format: 'png', width: 800, height: 400 });
    expect(result.renditions.map(({ width, height }) => [width, height])).toEqual([
      [300, 600],
      [256, 512],
      [128, 256],
    ]);
    const [r = 255, g = 0] = await colourOf(result.renditions[0]?.body);
    expect(r).toBeLessThan(20);
    expect(g).toBeGreaterThan(230);
    expect(result.steps).toMatchObject([{ outcome: 'changed', step: 'command' }]);
  });

  it('gives a picture that is stored turned: it is taken as it is shown', async () => {
    const left = await plain('#00ff00', 150, 300);
    const turned = sharp(await plain('#0000ff', 300, 300)).composite([{ input: left, gravity: 'west' }]);
    writeFileSync(file('turned.jpg'), await turned.jpeg().withMetadata({ orientation: 6 }).toBuffer());
    const result = processed(await room.develop(await plain('#ff0000', 800, 400), { pipeline: 'turned' }));
    const [large] = result.renditions;
    const top = await sharp(large?.body)
      .extract({ left: 100, top: 20, width: 100, height: 100 })
      .png()
      .toBuffer();
    const bottom = await sharp(large?.body)
      .extract({ left: 100, top: 180, width: 100, height: 100 })
      .png()
      .toBuffer();
    const [, greenAbove = 0] = await colourOf(top);
    const [, , blueBelow = 0] = await colourOf(bottom);
    expect(greenAbove).toBeGreaterThan(230);
    expect(blueBelow).toBeGreaterThan(230);
  });

  it('gives further renditions and a picture in a JSON document', async () => {
    const image = (await plain('#0000ff', 80, 40)).toString('base64');
    const mask = (
      await sharp(await plain('#ffffff', 20, 10))
        .gif()
        .toBuffer()
    ).toString('base64');
    writeFileSync(file('answer.json'), JSON.stringify({ image, renditions: { mask } }));
    const result = processed(await room.develop(await plain('#ff0000'), { pipeline: 'document' }));
    expect(result.renditions.map(({ name, format, width }) => [name, format, width])).toEqual([
      ['large', 'jpeg', 80],
      ['medium', 'jpeg', 80],
      ['thumb', 'jpeg', 80],
      ['mask', 'gif', 20],
    ]);
  });

  it('fails with a data URL where base64 is due', async () => {
    writeFileSync(file('data-url.json'), JSON.stringify({ image: 'data:image/png;base64,AAAA' }));
    expect(await room.develop(await plain('#ff0000'), { pipeline: 'data-url' })).toMatchObject({
      code: 'PLUGIN_FAILED',
      reason: 'the plug-in answer-file failed: image in its answer is not base64',
    });
  });

  it('keeps an animation moving by saying nothing, and makes a still of it by answering one', async () => {
    const still = processed(await room.develop(await moving(), { pipeline: 'echo' }));
    const kept = processed(await room.develop(await moving(), { pipeline: 'read-nothing' }));
    expect((await sharp(still.renditions[0]?.body).metadata()).pages ?? 1).toBe(1);
    expect(await sharp(kept.renditions[0]?.body).metadata()).toMatchObject({
      pages: 4,
      delay: [100, 200, 300, 400],
    });
  });

  it('gets the facts and what is its own of the environment, and no secret of the service', async () => {
    process.env.AWS_SECRET_ACCESS_KEY_OF_TEST = 'secret';
    process.env.NODE_OPTIONS_OF_TEST = 'x';
    process.env.DARKROOM_PLUGIN_MODEL = 'small';
    try {
      processed(await room.develop(await plain('#804020'), { pipeline: 'environment' }));
    } finally {
      delete process.env.AWS_SECRET_ACCESS_KEY_OF_TEST;
      delete process.env.NODE_OPTIONS_OF_TEST;
      delete process.env.DARKROOM_PLUGIN_MODEL;
    }
    const environment: Record<string, string> = JSON.parse(readFileSync(file('environment.json'), 'utf8'));
    expect(environment).toMatchObject({
      DARKROOM_PLUGIN_MODEL: 'small',
      DARKROOM_PIPELINE: 'environment@1',
      DARKROOM_STEP: 'write-environment',
      DARKROOM_CONTENT_TYPE: 'image/png',
      DARKROOM_IMAGE_FORMAT: 'png',
      DARKROOM_IMAGE_WIDTH: '64',
      DARKROOM_IMAGE_HEIGHT: '48',
      DARKROOM_IMAGE_HAS_ALPHA: 'false',
      DARKROOM_IMAGE_SHA256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const others = Object.keys(environment).filter((name) => !name.startsWith('DARKROOM_'));
    expect(others.filter((name) => !['PATH', 'HOME', 'TMPDIR', 'LANG'].includes(name))).toEqual([]);
  });

  it('is handed a clean picture, unless it wants the original', async () => {
    const turned = await sharp(await plain('#804020', 2000, 1000))
      .withExif({ IFD3: { GPSLatitudeRef: 'N' }, IFD0: { Artist: 'me' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    for (const input of ['png', 'jpeg', 'webp'] as const) {
      processed(await room.develop(turned, { pipeline: `keep-${input}` }));
      const seen = await sharp(readFileSync(file(`kept-${input}`))).metadata();
      expect(seen).toMatchObject({ format: input, width: 512, height: 1024, space: 'srgb' });
      expect(seen.exif).toBeUndefined();
    }
    processed(await room.develop(turned, { pipeline: 'keep-original' }));
    expect(readFileSync(file('kept-original')).equals(turned)).toBe(true);
    const animation = await moving();
    processed(await room.develop(animation, { pipeline: 'keep-webp' }));
    expect((await sharp(readFileSync(file('kept-webp'))).metadata()).pages).toBe(4);
  });
});
