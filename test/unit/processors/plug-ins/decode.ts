// Decodes one file as a worker does and tells the most memory that it took: `node decode.ts FILE`; decoder-cost.test.ts starts it.
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { develop, prepareProcess } from '../../../../src/processors/develop.ts';
import { DEFAULT_LIMITS } from '../../../../src/processors/guard/guard.ts';
import { STANDARD_PIPELINE } from '../../../../src/processors/pipeline.ts';

const peakBytes = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024;
prepareProcess(DEFAULT_LIMITS);
const job = {
  limits: { ...DEFAULT_LIMITS, maxBytes: Infinity, maxDecoderBytes: Infinity },
  pipeline: STANDARD_PIPELINE,
};
const small = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#123' } })
  .png()
  .toBuffer();
await develop(small, job);
const bytes = readFileSync(process.argv[2] ?? '');
const before = peakBytes();
const { outcome } = await develop(bytes, job);
const told = { outcome, tookBytes: peakBytes() - before };
if (process.send) process.send(told);
else console.log(`${outcome}, ${Math.round(told.tookBytes / 2 ** 20)} MiB`);
