// The floor: the same renditions by sharp alone, in one process, without Kafka, S3, isolation or limits.
// Arguments: `three-pipelines`, `decode-once` or `fit-<format>`, then the photographs' files.
import sharp, { type Sharp } from 'sharp';
import { developAll } from './alone.ts';

const JPEG = { quality: 80, optimiseCoding: false };
const BOXES = [1024, 512, 256];
const FIT = 512;
const [mode = '', ...files] = process.argv.slice(2);

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

/** The encoders as the service sets them: the same work. */
const ENCODERS: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  jpeg: (image) => image.jpeg(JPEG),
  png: (image) => image.png({ compressionLevel: 3, adaptiveFiltering: true }),
  webp: (image) => image.webp({ quality: 75, effort: 2 }),
  avif: (image) => image.avif({ quality: 65, effort: 1, chromaSubsampling: '4:2:0', bitdepth: 8 }),
};

function fitted(format: string): (bytes: Buffer) => Promise<Buffer> {
  const encode = ENCODERS[format];
  if (!encode) throw new Error(`there is no mode ${mode}`);
  return (bytes) =>
    encode(
      sharp(bytes).autoOrient().resize(FIT, FIT, { fit: 'inside', withoutEnlargement: true }),
    ).toBuffer();
}

const modes: Readonly<Record<string, (bytes: Buffer) => Promise<unknown>>> = {
  'three-pipelines': threePipelines,
  'decode-once': decodeOnce,
};
await developAll(files, modes[mode] ?? fitted(mode.replace('fit-', '')));
