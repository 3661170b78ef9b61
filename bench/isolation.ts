import { printTable, rounded } from './figures.ts';
import { alone, cpu, kept, type Measured, rate, shown } from './measured.ts';
import { inFolder, makePhotographs, writeImages } from './photographs.ts';

const SIZES = [
  [4000, 3000],
  [1600, 1200],
  [640, 480],
] as const;

/** What it costs that an image can only hurt itself: the same renditions in one process, and behind the wall of workers. */
export async function benchIsolation({ images }: { readonly images: number }): Promise<object> {
  const rows: Measured[] = [];
  const ratios: Record<string, string | number>[] = [];
  for (const [width, height] of SIZES) {
    await inFolder(async (folder) => {
      const files = await writeImages(folder, await makePhotographs(images, width, height), 'jpg');
      const size = `${width} × ${height}`;
      const inProcess = await alone(`${size}, in one process`, 'develop.ts', 'in-process', ...files);
      const isolated = await alone(`${size}, in workers`, 'develop.ts', 'isolated', ...files);
      rows.push(inProcess, isolated);
      ratios.push({
        what: size,
        'CPU ms/image more': rounded(cpu(isolated) - cpu(inProcess)),
        'CPU ratio': rounded(cpu(isolated) / cpu(inProcess), 2),
        'images/s ratio': rounded(rate(isolated) / rate(inProcess), 2),
      });
    });
  }
  printTable(`isolation: ${images} JPEG photographs of each size, three renditions`, rows.map(shown));
  printTable('what isolation costs', ratios);
  return { measured: rows.map(kept), ratios };
}
