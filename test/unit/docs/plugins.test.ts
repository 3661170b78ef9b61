// The examples of docs/plugins.md are files here, and run as their readers would run them.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PluginTrial } from '../../../src/cli/plugin-trial.ts';
import { createRemoteSteps } from '../../../src/remote-steps/remote-steps.ts';
import { examplesOf, scriptsOf, writeExamples } from '../../support/doc-examples.ts';
import { startLambda } from '../../support/lambda-stand-in.ts';
import { darkroom } from '../cli/command-line.ts';
import { colourOf, darkroomOf, plain, processed } from '../processors/steps-lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'plug-ins-'));
const file = (name: string) => join(folder, name);
const scripts = scriptsOf('plugins.md');
const examples = examplesOf('plugins.md');

beforeAll(() => {
  writeExamples(folder, examples);
  for (const { file: name, code } of scripts) {
    writeFileSync(file(name), code);
    chmodSync(file(name), 0o755);
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function trialsOf(name: string): Promise<Map<string, PluginTrial>> {
  const { code, out, err } = await darkroom(['plugin', 'check', file(name), '--json', '--timeout', '25000']);
  expect(err).toBe('');
  expect(code).toBe(0);
  const { trials }: { trials: PluginTrial[] } = JSON.parse(out);
  return new Map(trials.map((trial) => [trial.sample, trial]));
}

describe('docs/plugins.md', () => {
  it('has no example that nothing runs', () => {
    const named = [...scripts, ...examples].map((example) => example.file);
    expect(named.sort()).toEqual(['endpoint.py', 'handler.py', 'negative.py', 'print-size.sh', 'sepia.ts']);
  });

  it('sepia.ts is fit for production', async () => {
    const trials = await trialsOf('sepia.ts');
    expect(trials.get('photograph.jpg')).toMatchObject({ outcome: 'processed', renditions: ['shadows'] });
    expect(trials.get('one-pixel.png')).toMatchObject({ outcome: 'rejected', code: 'PLUGIN_TOO_SMALL' });
  }, 120_000);

  it('negative.py is fit for production, and makes negatives', async () => {
    const trials = await trialsOf('negative.py');
    expect([...trials.values()].map(({ outcome }) => outcome)).toEqual([...trials].map(() => 'processed'));
    const room = darkroomOf({ negative: [{ step: 'command', path: file('negative.py') }] });
    const black = processed(await room.develop(await plain('#ff2000'), {})).renditions[0];
    const [r = 255, g = 0] = await colourOf(black?.body);
    expect(r).toBeLessThan(15);
    expect(g).toBeGreaterThan(210);
    const clear = { create: { width: 60, height: 40, channels: 4 as const, background: '#ff000080' } };
    const half = processed(await room.develop(await sharp(clear).png().toBuffer(), {})).renditions[0];
    const { data } = await sharp(half?.body).raw().toBuffer({ resolveWithObject: true });
    expect(data[3]).toBe(128);
  }, 180_000);

  it('print-size.sh rejects what is small', async () => {
    const trials = await trialsOf('print-size.sh');
    expect(trials.get('photograph.jpg')?.outcome).toBe('unchanged');
    expect(trials.get('animation.gif')).toMatchObject({
      outcome: 'rejected',
      code: 'PLUGIN_TOO_SMALL_TO_PRINT',
      reason: '120 × 90, at least 600 × 400 are needed',
    });
  }, 120_000);

  it('endpoint.py answers', async () => {
    const server = spawn('python3', [file('endpoint.py')], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const port = await new Promise<string>((resolve) =>
        server.stdout.once('data', (part) => resolve(`${part}`)),
      );
      const url = `http://127.0.0.1:${port.trim()}/`;
      const room = darkroomOf(
        { one: [{ step: 'http', url }] },
        { remoteSteps: createRemoteSteps({ env: {} }) },
      );
      const result = processed(await room.develop(await plain('#00ff00', 200, 100), {}));
      expect(result.steps).toMatchObject([{ outcome: 'changed' }]);
      expect(await room.develop(await plain('#00ff00', 50, 50), {})).toMatchObject({
        code: 'PLUGIN_TOO_SMALL',
      });
    } finally {
      server.kill();
    }
  }, 60_000);

  it('handler.py answers', async () => {
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    const lambda = await startLambda({ copies: { file: file('handler.py') } });
    try {
      const remoteSteps = createRemoteSteps({
        env: {},
        lambda: { region: 'eu-central-1', endpoint: lambda.endpoint },
      });
      const room = darkroomOf({ one: [{ step: 'lambda', functionName: 'copies' }] }, { remoteSteps });
      const result = processed(await room.develop(await plain('#00ff00', 200, 100), {}));
      expect(result.renditions.map(({ name }) => name)).toContain('copy');
      expect(await room.develop(await plain('#00ff00', 50, 50), {})).toMatchObject({
        code: 'PLUGIN_TOO_SMALL',
      });
    } finally {
      lambda.close();
    }
  }, 60_000);
});
