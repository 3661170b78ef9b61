import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Darkroom } from '../../../src/processors/types.ts';
import { createRemoteSteps } from '../../../src/remote-steps/remote-steps.ts';
import { type LambdaStandIn, startLambda } from '../../support/lambda-stand-in.ts';
import { darkroomOf, folderOfTests, plain, processed } from './steps-lab.ts';

const folder = folderOfTests();
const python = (name: string, body: string) => {
  const file = join(folder, `${name}.py`);
  writeFileSync(file, `def handler(event, context):\n    ${body}\n`);
  return { file };
};

let lambda: LambdaStandIn;
let room: Darkroom;
beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const echo = python('echo', 'return {"image": event["image"], "renditions": {"copy": event["image"]}}');
  lambda = await startLambda({
    echo,
    nothing: python('nothing', 'return None'),
    reject: python(
      'reject',
      'return {"reject": {"code": "TOO_" + event["facts"]["format"].upper(), "reason": "no"}}',
    ),
    throw: python('throw', 'raise ValueError("the model is broken")'),
    odd: python('odd', 'return {"picture": 1}'),
    slow: python('slow', 'import time; time.sleep(20)'),
    'throttled-twice': { ...echo, error: 'TooManyRequestsException', status: 429, times: 2 },
    down: { ...echo, error: 'ServiceException', status: 500 },
  });
  const step = (functionName: string) => ({
    step: 'lambda' as const,
    functionName,
    limits: { timeoutMs: 10_000 },
  });
  const short = (name: string) => ({ ...step(name), limits: { timeoutMs: 1_500 } });
  const names = ['echo', 'nothing', 'reject', 'throw', 'odd', 'throttled-twice', 'absent'];
  room = darkroomOf(
    {
      ...Object.fromEntries(names.map((name) => [name, [step(name)]])),
      ...{ slow: [short('slow')], down: [short('down')] },
      'in-full': [{ ...step('echo'), input: 'original' as const }],
    },
    {
      remoteSteps: createRemoteSteps({
        env: {},
        lambda: { region: 'eu-central-1', endpoint: lambda.endpoint },
      }),
    },
  );
});
afterAll(() => lambda.close());

describe('a function of AWS Lambda as a step', () => {
  it('gives a picture and renditions', async () => {
    const result = processed(await room.develop(await plain('#00ff00'), { pipeline: 'echo' }));
    expect(result.renditions.map(({ name }) => name)).toEqual(['large', 'medium', 'thumb', 'copy']);
    expect(result.steps).toMatchObject([{ name: 'echo', step: 'lambda', outcome: 'changed' }]);
  });

  it('leaves the picture as it is with null', async () => {
    const result = processed(await room.develop(await plain('#00ff00'), { pipeline: 'nothing' }));
    expect(result.steps).toMatchObject([{ outcome: 'unchanged' }]);
  });

  it('is asked again when Lambda throttles', async () => {
    processed(await room.develop(await plain('#00ff00'), { pipeline: 'throttled-twice' }));
    expect(lambda.calls.get('throttled-twice')).toBe(3);
  });

  it.each([
    ['reject', 'rejected', 'PLUGIN_TOO_PNG', /^no$/],
    ['throw', 'failed', 'PLUGIN_FAILED', /ValueError: the model is broken/],
    ['odd', 'failed', 'PLUGIN_FAILED', /has the field picture; known are image, renditions, reject/],
    ['absent', 'failed', 'PLUGIN_FAILED', /ResourceNotFoundException: Function not found: absent/],
    ['slow', 'failed', 'PLUGIN_TIMEOUT', /it took more than 1500 ms/],
    ['down', 'failed', 'PLUGIN_UNAVAILABLE', /ServiceException, \d+ times within 1500 ms/],
  ])('%s: %s, %s', async (pipeline, outcome, code, reason) => {
    const result = await room.develop(await plain('#00ff00'), { pipeline });
    expect(result).toMatchObject({ outcome, code, reason: expect.stringMatching(reason) });
  });

  it('is not called with more than Lambda takes', async () => {
    const noise = {
      create: {
        width: 1500,
        height: 1200,
        channels: 3 as const,
        background: '#808080',
        noise: { type: 'gaussian' as const, mean: 128, sigma: 60 },
      },
    };
    const before = lambda.calls.get('echo');
    const result = await room.develop(await sharp(noise).png({ compressionLevel: 0 }).toBuffer(), {
      pipeline: 'in-full',
    });
    expect(result).toMatchObject({
      outcome: 'failed',
      code: 'PLUGIN_INPUT_TOO_LARGE',
      reason: expect.stringMatching(
        /the call has \d+ bytes, Lambda takes 6291456: let the step have input jpeg/,
      ),
    });
    expect(lambda.calls.get('echo')).toBe(before);
  });
});
