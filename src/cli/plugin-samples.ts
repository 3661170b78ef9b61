import sharp, { type Sharp } from 'sharp';

/** A picture to try a plug-in on. */
export interface PluginSample {
  readonly name: string;
  readonly bytes: Buffer;
}

const rgb = (r: number, g: number, b: number) => ({ r, g, b });

/** Soft stripes with an edge: something to filter, crop and compress, the same bytes at each call. */
function scene(width: number, height: number, channels: 1 | 3 | 4 = 3): Sharp {
  const data = Buffer.alloc(width * height * channels);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const wave = Math.sin((x * 9) / width) * Math.cos((y * 7) / height);
      const edge = x + y > (width + height) / 2 ? 40 : 0;
      for (let channel = 0; channel < channels; channel++) {
        data[at++] = channel === 3 ? Math.round((255 * x) / width) : 110 + 60 * wave + edge + 15 * channel;
      }
    }
  }
  return sharp(data, { raw: { width, height, channels } });
}

function animation(frames: number): Promise<Buffer> {
  const pages = Array.from({ length: frames }, (_, at) =>
    sharp({ create: { width: 120, height: 90, channels: 3, background: rgb(40 * at, 90, 200 - 30 * at) } })
      .png()
      .toBuffer(),
  );
  return Promise.all(pages).then((inputs) =>
    sharp(inputs, { join: { animated: true } })
      .gif({ delay: inputs.map(() => 100) })
      .toBuffer(),
  );
}

/** Pictures as customers send them, each of another kind; made anew, none is a file of this package. */
export async function pluginSamples(): Promise<PluginSample[]> {
  const photo = () => scene(1600, 1200);
  const made: readonly (readonly [name: string, bytes: Promise<Buffer>])[] = [
    ['photograph.jpg', photo().jpeg({ quality: 85 }).toBuffer()],
    ['large.jpg', scene(4000, 3000).jpeg({ quality: 80 }).toBuffer()],
    ['turned.jpg', photo().withMetadata({ orientation: 6 }).jpeg().toBuffer()],
    ['progressive.jpg', photo().jpeg({ progressive: true }).toBuffer()],
    ['grey.jpg', scene(800, 600, 1).toColourspace('b-w').jpeg().toBuffer()],
    ['cmyk.jpg', photo().toColourspace('cmyk').jpeg().toBuffer()],
    ['transparent.png', scene(640, 480, 4).png().toBuffer()],
    ['sixteen-bit.png', scene(320, 240).toColourspace('rgb16').png().toBuffer()],
    ['palette.png', scene(320, 240).png({ palette: true, colours: 16 }).toBuffer()],
    ['photograph.webp', photo().webp({ quality: 80 }).toBuffer()],
    ['animation.gif', animation(5)],
    ['one-pixel.png', scene(1, 1).png().toBuffer()],
    ['wide.png', scene(3000, 2).png().toBuffer()],
  ];
  return Promise.all(made.map(async ([name, bytes]) => ({ name, bytes: await bytes })));
}
