// The floor: the same renditions by sharp alone, in one process, without Kafka, S3, isolation or limits.
// Arguments: `three-pipelines` or `decode-once`, then the photographs' files.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import sharp from 'sharp';

const JPEG = { quality: 80, optimiseCoding: false };
const BOXES = [1024, 512, 256];
const [mode, ...files] = process.argv.slice(2);

sharp.concurrency(1);
sharp.cache(false);

async function threePipelines(bytes: Buffer): Promise<Buffer[]> {
  return Promise.all(
    BOXES.map((box) =>
      sharp(bytes)
        .autoOrient()
        .resize(box, box, { fit: 'inside', withoutEnlargement: true })
        .jpeg(JPEG)
        .toBuffer(),
    ),
  );
}

async function decodeOnce(bytes: Buffer): Promise<Buffer[]> {
  const { data, info } = await sharp(bytes)
    .autoOrient()
    .resize(1024, 1024, { fit: 'inside', withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const raw = { width, height, channels: 3 as const };
  return Promise.all(
    BOXES.map((box) =>
      sharp(data, { raw })
        .resize(box, box, { fit: 'inside', withoutEnlargement: true })
        .jpeg(JPEG)
        .toBuffer(),
    ),
  );
}

const develop = mode === 'decode-once' ? decodeOnce : threePipelines;
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const photographs = await Promise.all(files.map((file) => readFile(file)));
for (const bytes of photographs.slice(0, 8)) await develop(bytes);

const queue = photographs.values();
const startedMs = performance.now();
const before = process.cpuUsage();
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (const bytes of queue) await develop(bytes);
  }),
);
const { user, system } = process.cpuUsage(before);
say({
  msg: 'done',
  images: photographs.length,
  seconds: (performance.now() - startedMs) / 1000,
  cpuMs: (user + system) / 1000,
  residentBytes: process.memoryUsage.rss(),
});
