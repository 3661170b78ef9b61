import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'vitest';
import { ROLES } from './harness/chain.ts';
import { chainSurvives } from './harness/chain-survives.ts';
import { seededRandom } from './harness/random.ts';

const TIMES = 3;

test('SIGKILL of every role, three times each, while images come: all places agree in the recount', async () => {
  const random = seededRandom(21);
  await chainSurvives(
    'sigkill-roles',
    async (chain, say) => {
      for (let time = 1; time <= TIMES; time++) {
        for (const name of ROLES) {
          await delay(random() * 1_000); // not always at the same moment of a commit
          say(`SIGKILL ${name}, ${time} of ${TIMES}; ${chain.sent} images sent`);
          await chain.role(name).kill();
          await chain.role(name).start();
        }
      }
    },
    { closed: true },
  );
});
