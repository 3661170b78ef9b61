// Counts everything again with nothing of the service: node bin/launch.mjs test/recount/recount.ts [--json] [--wait SECONDS]
// [--closed], with the environment of `darkroom start`. Exit code 1 when the places differ. Redis and the warehouse where their
// variables are set; --closed says that all windows of image-counts should be closed, so that no image may be missing in it.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { compare, type Recount } from './compare.ts';
import {
  countsOf,
  eventsOf,
  objectsOf,
  type Place,
  placeOf,
  redisCountsOf,
  streamedOf,
  uploadsOf,
  warehouseRowsOf,
} from './places.ts';

const PAUSE_MS = 1_000;
const SHOWN = 20;

const { json, wait, closed } = options();
try {
  const place = placeOf(process.env);
  const deadlineMs = Date.now() + wait * 1000;
  let recount = await count(place);
  while (!recount.agree && Date.now() < deadlineMs) {
    await delay(PAUSE_MS);
    recount = await count(place);
  }
  process.stdout.write(json ? `${JSON.stringify(recount)}\n` : text(recount));
  process.exitCode = recount.agree ? 0 : 1;
} catch (error) {
  process.stderr.write(`recount: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

/** From the last place of the flow to the first: whatever comes meanwhile is not missed further down. */
async function count(place: Place): Promise<Recount> {
  const { redis, warehouse } = place;
  return compare({
    warehouse: warehouse ? await warehouseRowsOf(warehouse, place) : undefined,
    redis: redis ? await redisCountsOf(redis) : undefined,
    counts: { windows: await countsOf(place), closed },
    events: await eventsOf(place),
    processed: await objectsOf(place, 'processed/'),
    uploads: await uploadsOf(place),
    streamed: await streamedOf(place),
    incoming: await objectsOf(place, 'incoming/'),
  });
}

function text({ differences, agree, ...counts }: Recount): string {
  const lines = Object.entries(counts).map(([name, value]) => `${name.padEnd(16)} ${value ?? 'not asked'}`);
  const shown = differences.slice(0, SHOWN).map((difference) => `✗ ${difference}`);
  const more = differences.length > SHOWN ? [`… and ${differences.length - SHOWN} more`] : [];
  return `${[...lines, ...shown, ...more, agree ? 'No difference.' : 'The places differ.'].join('\n')}\n`;
}

function options(): { readonly json: boolean; readonly wait: number; readonly closed: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        json: { type: 'boolean', default: false },
        wait: { type: 'string', default: '0' },
        closed: { type: 'boolean', default: false },
      },
    });
    const wait = Number(values.wait);
    if (!(wait >= 0)) throw new Error('--wait takes a number of seconds');
    return { json: values.json, wait, closed: values.closed };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}
