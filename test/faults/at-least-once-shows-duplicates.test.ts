import { expect, test } from 'vitest';
import { runFaults } from './harness/survives.ts';

const MAX_ROUNDS = 4;

test('the same faults show duplicates at least once: the check can fail', async () => {
  let double = 0;
  for (let round = 0; round < MAX_ROUNDS && double === 0; round++) {
    const { verdict } = await runFaults({
      images: 200,
      faults: ['stop', 'kill', 'stop'],
      seed: 17 + round,
      guarantee: 'at_least_once',
    });
    expect(verdict).toMatchObject({ sent: 200, missing: 0, renditionsMissing: 0 });
    double += verdict.double;
  }
  expect(double).toBeGreaterThan(0);
});
