import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { runChaos } from '../chaos/chaos.ts';
import { clusterOf } from '../chaos/cluster.ts';
import { sharedStack } from '../shared-stack.ts';

const say = (line: string) => process.stderr.write(`  ${line}\n`);

test('three rounds of faults that a new seed draws: counts, windows and joins are what the inputs say', async () => {
  const seed = randomInt(2 ** 32);
  say(`seed ${seed}`);
  const cluster = clusterOf(await sharedStack());
  const report = await runChaos(cluster, { rounds: 3, first: 1, seed, guarantee: 'exactly_once', say });
  expect(report, report.notes[0]).toEqual({
    rounds: 3,
    missing: 0,
    double: 0,
    stateWrong: 0,
    surprises: 0,
    notes: [],
  });
});

// with this seed its first pause, of 10.5 s, begins in the middle of the first commits
test('a broker stands still past its own session and wakes to commits under way: each is done once', async () => {
  const cluster = clusterOf(await sharedStack());
  const { notes, ...report } = await runChaos(cluster, {
    rounds: 1,
    first: 2,
    seed: 2_432_686_969,
    guarantee: 'exactly_once',
    faults: ['broker-stop', 'stop', 'broker-stop'],
    say,
  });
  expect(report, notes[0]).toEqual({ rounds: 1, missing: 0, double: 0, stateWrong: 0, surprises: 0 });
});

const MAX_ROUNDS = 4;

test('the same at least once shows results that came twice: the check can fail', async () => {
  const cluster = clusterOf(await sharedStack());
  let double = 0;
  for (let first = 1; first <= MAX_ROUNDS && double === 0; first++) {
    const report = await runChaos(cluster, {
      rounds: 1,
      first,
      seed: 17,
      guarantee: 'at_least_once',
      faults: ['kill', 'stop', 'kill'],
      say,
    });
    double += report.double;
  }
  expect(double).toBeGreaterThan(0);
});
