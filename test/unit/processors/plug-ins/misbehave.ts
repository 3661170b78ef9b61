import type { PlugIn, RawImage } from '../../../../src/processors/steps/plug-in.ts';

/** What the plug-in does is chosen by the picture's first pixel, so that one pool sees good and bad images together. */
const behaviours: Readonly<Record<number, () => void>> = {
  10: () => {
    for (;;);
  },
  20: () => process.exit(3),
  30: () => void process.kill(process.pid, 'SIGSEGV'),
  40: () => {
    const eaten: Buffer[] = [];
    for (;;) eaten.push(Buffer.alloc(16 * 1024 * 1024, 1));
  },
  50: () => {
    throw new Error('the plug-in does not like it');
  },
  70: () => process.abort(),
  80: () => void leaked.push(Buffer.alloc(LEAK_BYTES, 1)),
};

/** For as long as the process lives. */
const leaked: Buffer[] = [];
const LEAK_BYTES = 32 * 1024 * 1024;

const misbehave: PlugIn = async (image, context): Promise<RawImage> => {
  const first = Math.round((image.data[0] ?? 0) / 10) * 10;
  if (first === 60) context.refuse('not a picture of a cat');
  behaviours[first]?.();
  return image;
};

export default misbehave;
