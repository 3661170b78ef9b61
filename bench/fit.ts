import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { printTable, rounded } from './figures.ts';
import { imgproxy } from './imgproxy.ts';
import type { Lab } from './lab.ts';
import { alone, cpu, kept, type Measured, measure, PARTITIONS, rate, recordsOf, shown } from './measured.ts';
import { inFolder, makePhotographs, writeImages } from './photographs.ts';
import { startDarkroom } from './subject.ts';

interface Format {
  readonly name: 'jpeg' | 'png' | 'webp' | 'avif';
  /** Of the rendition; the peers' encoders are set alike. */
  readonly quality: number;
  /** How the image that comes in was written. */
  readonly write: (image: Sharp) => Sharp;
}

const FORMATS: readonly Format[] = [
  { name: 'jpeg', quality: 80, write: (image) => image.jpeg({ quality: 90 }) },
  { name: 'png', quality: 80, write: (image) => image.png({ compressionLevel: 3 }) },
  { name: 'webp', quality: 75, write: (image) => image.webp({ quality: 90, effort: 0 }) },
  { name: 'avif', quality: 65, write: (image) => image.avif({ quality: 70, effort: 0 }) },
];
const WIDTH = 2400;
const HEIGHT = 1800;

/** One rendition fit into 512 × 512 in the format that came, by the running service, by sharp alone, and by imgproxy where it is. */
export async function benchFit(lab: Lab, { images }: { readonly images: number }): Promise<object> {
  const measured: object[] = [];
  const ratios: Record<string, string | number>[] = [];
  for (const format of FORMATS) {
    await inFolder(async (folder) => {
      const photographs: Buffer[] = [];
      for (const jpeg of await makePhotographs(images, WIDTH, HEIGHT))
        photographs.push(await format.write(sharp(jpeg)).toBuffer());
      const files = await writeImages(folder, photographs, format.name);
      const raw = await alone(`raw sharp, ${format.name}`, 'raw-sharp.ts', `fit-${format.name}`, ...files);
      const service = await darkroom(lab, photographs, format, folder);
      const program = process.env.IMGPROXY_BIN;
      const peer =
        program === undefined
          ? undefined
          : await imgproxy(
              program,
              folder,
              files.map((file) => basename(file)),
              {
                format: format.name,
                quality: format.quality,
              },
            );
      const rows = [raw, service, ...(peer ? [peer] : [])];
      printTable(`fit into 512 × 512: ${images} ${format.name} of ${WIDTH} × ${HEIGHT}`, rows.map(shown));
      measured.push(...rows.map(kept));
      ratios.push({
        what: format.name,
        'CPU / raw sharp (≤ 1.10)': rounded(cpu(service) / cpu(raw), 2),
        'images/s / raw sharp': rounded(rate(service) / rate(raw), 2),
        'CPU / imgproxy': peer ? rounded(cpu(service) / cpu(peer), 2) : 'not given',
        'images/s / imgproxy': peer ? rounded(rate(service) / rate(peer), 2) : 'not given',
      });
    });
  }
  printTable('fit into 512 × 512, ratios', ratios);
  return { measured, ratios };
}

async function darkroom(
  lab: Lab,
  photographs: readonly Buffer[],
  { name, quality }: Format,
  folder: string,
): Promise<Measured> {
  const topics = await lab.serviceTopics(`fit-${name}`, PARTITIONS);
  const run = `fit-${name}`;
  const records = await recordsOf(lab, photographs, 'reference', run);
  const config = join(folder, 'darkroom.json');
  const rendition = { width: 512, height: 512, format: name, quality };
  await writeFile(
    config,
    JSON.stringify({ pipelines: { fit: { version: 1, renditions: { fit: rendition } } } }),
  );
  const subject = startDarkroom(lab.stack.environment(), topics, { DARKROOM_CONFIG: config });
  return measure(subject, `darkroom start, ${name}`, lab, topics.stream, records);
}
