import { expect, it } from 'vitest';
import { InFlight } from '../../../src/cli/in-flight.ts';

const settled = async (promise: Promise<unknown>) => {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return done;
};

it('lets work in as long as bytes and pieces fit, and one piece that fits nowhere when all else is done', async () => {
  const room = new InFlight(100, 2);
  const leaveFirst = await room.enter(60);
  const second = room.enter(60);
  expect(await settled(second)).toBe(false);
  leaveFirst();
  const leaveSecond = await second;
  const leaveThird = await room.enter(10);
  const large = room.enter(1000);
  leaveSecond();
  expect(await settled(large)).toBe(false);
  leaveThird();
  (await large)();
  const leave = [await room.enter(1), await room.enter(1)];
  const third = room.enter(1);
  expect(await settled(third)).toBe(false);
  leave[0]?.();
  await third;
});
