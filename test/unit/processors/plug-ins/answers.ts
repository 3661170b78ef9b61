import sharp from 'sharp';
import type { PlugIn } from '../../../../src/processors/steps/plug-in.ts';

/** What the plug-in does is chosen by the red of the first pixel. */
const answers: PlugIn = async (image, { refuse, facts }) => {
  const red = Math.round((image.data[0] ?? 0) / 10) * 10;
  if (red === 10) for (;;);
  if (red === 20) {
    const eaten: Buffer[] = [];
    for (;;) eaten.push(Buffer.alloc(16 * 1024 * 1024, 1));
  }
  if (red === 30) refuse('nothing is sharp', { code: 'BLURRED' });
  if (red === 40) refuse('it is late', { code: 'TIMEOUT' });
  if (red === 50) return { renditions: { thumb: image } };
  if (red === 60) return { renditions: { '../escape': image } };
  if (red === 70) {
    return {
      image: { data: Buffer.alloc(40_000_000), info: { ...image.info, width: 40_000_000, channels: 1 } },
    };
  }
  if (red === 80) {
    const located = await sharp({ create: { width: 20, height: 10, channels: 3, background: '#123456' } })
      .withExif({ IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' }, IFD0: { Copyright: 'me' } })
      .jpeg()
      .toBuffer();
    return { renditions: { located } };
  }
  if (red === 90) return; // nothing at all
  const { info } = image;
  if (red === 100) return { image: { ...image, info: { ...info, pageHeight: -info.height } } };
  if (red === 110)
    return { image: { ...image, info: { ...info, height: info.height * 2, width: info.width / 2 } } };
  if (red === 120)
    return { image: { ...image, info: { ...info, width: 0.5, height: info.height * info.width * 2 } } };
  if (red === 130) return { image: { ...image, info: { ...info, pageHeight: info.height / 2 } } };
  if (red === 140) {
    const gif = await sharp({ create: { width: 20, height: 10, channels: 3, background: '#123456' } })
      .gif()
      .toBuffer();
    const at = gif.indexOf(Buffer.from([0x21, 0xf9]));
    const told = Buffer.from('exif:GPSLatitude');
    const comment = Buffer.concat([Buffer.from([0x21, 0xfe, told.length]), told, Buffer.of(0)]);
    return { renditions: { located: Buffer.concat([gif.subarray(0, at), comment, gif.subarray(at)]) } };
  }
  if (red === 170) throw Object.create(null);
  // as a plug-in in JavaScript may
  if (red === 150) return String(red) as unknown as undefined;
  if (red === 160) {
    const frame = { create: { width: 20, height: 10, channels: 3, background: '#123456' } } as const;
    const frames = await Promise.all([sharp(frame).png().toBuffer(), sharp(frame).negate().png().toBuffer()]);
    const turned = await sharp(frames, { join: { animated: true } })
      .withMetadata({ orientation: 6 })
      .webp()
      .toBuffer();
    return { renditions: { turned } };
  }
  const { pageHeight, width, channels } = image.info;
  const half = { ...image.info, height: pageHeight / 2, pageHeight: pageHeight / 2 };
  const data = image.data.subarray(0, (width * pageHeight * channels) / 2);
  return { image: { data, info: half }, renditions: { whole: image, [`was-${facts.format}`]: image } };
};

export default answers;
