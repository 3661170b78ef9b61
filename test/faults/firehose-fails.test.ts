import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Fault } from '../../dev/firehose/faults.ts';
import { durations } from '../support/durations.ts';
import type { Chain } from './harness/chain.ts';
import { chainSurvives } from './harness/chain-survives.ts';
import { withFirehoseFaults } from './harness/firehose-faults.ts';

const during = (fault: Fault) => async (chain: Chain, say: (line: string) => void) => {
  say(`Firehose: ${JSON.stringify(fault)}`);
  const [struck = 0] = await withFirehoseFaults(chain.stack, [fault], () => delay(durations.firehoseFault));
  say(`it has struck ${struck} times`);
  expect(struck).toBeGreaterThan(2);
};

test('Firehose takes half of each batch: the other half is sent again, and no row is lost or doubled', async () => {
  await chainSurvives('firehose-half', during({ fault: 'record-error', rate: 0.5 }));
});

test('Firehose takes all and cuts the connection before it answers: no row is doubled', async () => {
  await chainSurvives('firehose-cut', during({ fault: 'cut-after-acceptance', rate: 0.5 }));
});

test('COPY fails for a while: rows wait in S3, and all are loaded', async () => {
  await chainSurvives('copy-fails', during({ fault: 'copy-error' }));
});
