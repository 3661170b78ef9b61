import { expect, it } from 'vitest';
import { Circuit } from '../../../src/sinks/circuit.ts';

const down = new Error('down');
const circuit = (timeoutMs = 1_000) =>
  new Circuit({
    timeoutMs,
    maxDelayMs: 20,
    transient: (error) => (error === down ? 'it is down' : undefined),
  });

it('repeats until the service answers', async () => {
  let tries = 0;
  const answer = await circuit().run(async () => {
    if (++tries < 4) throw down;
    return 'answered';
  });
  expect([answer, tries]).toEqual(['answered', 4]);
});

it('hands on at once what does not heal', async () => {
  await expect(
    circuit().run(async () => {
      throw new Error('no such bucket');
    }),
  ).rejects.toThrow('no such bucket');
});

it('sends one probe at a time while the service is down, and everything when it is back', async () => {
  const guarded = circuit();
  let healthy = false;
  let current = 0;
  let most = 0;
  let probes = 0;
  const request = () =>
    guarded.run(async () => {
      const isDown = guarded.trouble() !== undefined;
      current++;
      if (isDown) {
        probes++;
        most = Math.max(most, current);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
      current--;
      if (!healthy) throw down;
    });
  const first = Promise.all(Array.from({ length: 8 }, request));
  while (guarded.trouble() === undefined || current > 0)
    await new Promise((resolve) => setTimeout(resolve, 1));
  most = 0;
  const more = Promise.all(Array.from({ length: 40 }, request));
  while (probes < 5) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(guarded.trouble()).toMatchObject({ reason: 'it is down', sinceMs: expect.any(Number) });
  healthy = true;
  await Promise.all([first, more]);
  expect(most).toBe(1);
  expect(guarded.trouble()).toBeUndefined();
});

it('gives an attempt up that is never answered, and tries again', async () => {
  let tries = 0;
  const answer = await circuit(30).run(async (signal) => {
    if (++tries === 1)
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    return 'second';
  });
  expect(answer).toBe('second');
});

it('stops when it is called off: in a request, in a pause, and waiting for the probe', async () => {
  const guarded = circuit();
  const stop = new AbortController();
  const requests = Array.from({ length: 10 }, () =>
    guarded.run(async () => {
      throw down;
    }, stop.signal),
  );
  const settled = Promise.allSettled(requests);
  while (guarded.trouble() === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  stop.abort(new Error('called off'));
  for (const result of await settled) {
    expect(result).toMatchObject({ status: 'rejected', reason: { message: 'called off' } });
  }
  await expect(guarded.run(async () => 'later')).resolves.toBe('later');
});

it('answers all others while one request is never answered', async () => {
  const guarded = circuit();
  const stop = new AbortController();
  const poison = Array.from({ length: 3 }, () =>
    guarded.run(async () => {
      throw down;
    }, stop.signal),
  );
  const settled = Promise.allSettled(poison);
  for (let request = 0; request < 20; request++) {
    while (guarded.trouble() === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    await expect(guarded.run(async () => request, AbortSignal.timeout(2_000))).resolves.toBe(request);
  }
  stop.abort();
  await settled;
}, 60_000);
