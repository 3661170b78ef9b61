import sharp, { type Sharp } from 'sharp';
import { type Random, seeded } from './random.ts';

/** Scenes are drawn at this size and enlarged: drawing 12 megapixels of vectors takes seconds. */
const WIDTH = 640;
const HEIGHT = 480;
const GRAIN_PX = 512;

/** What a customer photographs. */
export type Motif = 'mountains' | 'city' | 'sea' | 'shapes';

const hsl = (hue: number, saturation: number, lightness: number): string =>
  `hsl(${Math.round(hue) % 360},${Math.round(saturation)}%,${Math.round(lightness)}%)`;

const motifs: Readonly<Record<Motif, (random: Random, hue: number) => string>> = {
  mountains: (random, hue) =>
    [0, 1, 2, 3].map((layer) => ridge(random, 190 + layer * 75, hsl(hue + 40, 30, 52 - layer * 13))).join(''),
  city: (random, hue) => [0, 1, 2].map((layer) => skyline(random, layer, hue)).join(''),
  sea: (random, hue) => waves(random, hue) + boat(random, hue + 180),
  shapes: (random, hue) => circles(random, hue),
};

/** A landscape of the motif with its own light, sun and colours; about as hard to compress as a photograph. */
export async function scene(
  motif: Motif,
  seed: number,
  width: number,
  height: number,
  grainStrength = 0.1,
): Promise<Sharp> {
  const random = seeded(seed);
  const hue = random.between(0, 360);
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">` +
    `<defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="${hsl(hue + 200, 55, 42)}"/>` +
    `<stop offset="1" stop-color="${hsl(hue + 20, 75, 80)}"/></linearGradient>` +
    `<radialGradient id="sun"><stop stop-color="#fffbe8"/><stop offset="0.35" stop-color="#fff3c4"/>` +
    `<stop offset="1" stop-color="#fff3c4" stop-opacity="0"/></radialGradient></defs>` +
    `<rect width="100%" height="100%" fill="url(#sky)"/>` +
    `<circle cx="${random.whole(80, 560)}" cy="${random.whole(60, 190)}" r="${random.whole(50, 110)}" fill="url(#sun)"/>` +
    `${motifs[motif](random, hue)}</svg>`;
  const drawn = await sharp(Buffer.from(svg))
    .removeAlpha()
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { channels } = drawn.info;
  if (channels !== 3) throw new Error(`a scene has 3 channels, not ${channels}`);
  const picture = sharp(drawn.data, { raw: { width, height, channels } });
  if (grainStrength === 0) return picture;
  const input = await grain(seed, grainStrength, Math.min(GRAIN_PX, width), Math.min(GRAIN_PX, height));
  return picture.composite([{ input, tile: true }]);
}

/** Film grain: it is what makes a photograph's bytes. */
async function grain(seed: number, strength: number, width: number, height: number): Promise<Buffer> {
  const random = seeded(seed ^ 0x9e3779b9);
  const data = Buffer.alloc(width * height * 4);
  for (let at = 0; at < data.length; at += 4) {
    data.fill(Math.floor(random.next() * 256), at, at + 3);
    data[at + 3] = Math.round(strength * 255);
  }
  return sharp(data, { raw: { width, height, channels: 4 } })
    .blur(0.7)
    .png({ compressionLevel: 1 })
    .toBuffer();
}

function ridge(random: Random, top: number, fill: string): string {
  const points = [`M0 ${HEIGHT}`];
  for (let x = 0; x <= WIDTH; x += 32) points.push(`L${x} ${Math.round(top + random.between(-48, 48))}`);
  return `<path d="${points.join('')}L${WIDTH} ${HEIGHT}z" fill="${fill}"/>`;
}

function skyline(random: Random, layer: number, hue: number): string {
  const parts: string[] = [];
  for (let x = 0; x < WIDTH; ) {
    const width = random.whole(34, 70);
    const top = random.whole(120 + layer * 70, 280 + layer * 60);
    parts.push(
      `<rect x="${x}" y="${top}" width="${width}" height="${HEIGHT - top}" fill="${hsl(hue + 220, 22, 44 - layer * 14)}"/>`,
    );
    for (let y = top + 10; y < HEIGHT - 12; y += 18) {
      for (let at = x + 6; at < x + width - 8; at += 13) {
        if (random.next() < 0.4) parts.push(`<rect x="${at}" y="${y}" width="6" height="9" fill="#ffe9a8"/>`);
      }
    }
    x += width + random.whole(0, 12);
  }
  return parts.join('');
}

function waves(random: Random, hue: number): string {
  const rows = Array.from({ length: 12 }, (_, row) => {
    const y = 270 + row * 18;
    const shift = random.between(0, 60);
    const curls = Array.from({ length: 12 }, () => `q30 ${-random.whole(6, 18)} 60 0`).join('');
    return `<path d="M${-shift} ${y}${curls}V${HEIGHT}H-60z" fill="${hsl(hue + 200, 45, 56 - row * 3)}"/>`;
  });
  return rows.join('');
}

function boat(random: Random, hue: number): string {
  const [x, y] = [random.whole(120, 480), random.whole(290, 350)];
  return (
    `<path d="M${x - 46} ${y}h92l-18 26h-56z" fill="${hsl(hue, 40, 26)}"/>` +
    `<path d="M${x} ${y - 6}v-96l48 88z" fill="#fdfaf2"/><path d="M${x - 6} ${y - 6}v-76l-34 72z" fill="#f3ead6"/>`
  );
}

function circles(random: Random, hue: number): string {
  return Array.from({ length: 34 }, () => {
    const fill = hsl(hue + random.between(-70, 70), 70, random.between(30, 75));
    const opacity = random.between(0.35, 0.9).toFixed(2);
    return `<circle cx="${random.whole(0, WIDTH)}" cy="${random.whole(0, HEIGHT)}" r="${random.whole(12, 90)}" fill="${fill}" fill-opacity="${opacity}"/>`;
  }).join('');
}
