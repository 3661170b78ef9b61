import { describe, expect, it } from 'vitest';
import { neededSize, sharedSize } from '../../../../src/processors/drawing/decode.ts';
import {
  fitInside,
  framingOf,
  placeAt,
  turnedPoint,
  turnedSize,
  windowAround,
} from '../../../../src/processors/drawing/geometry.ts';
import type { RenditionSpec } from '../../../../src/processors/pipeline.ts';
import { specOf } from './pictures.ts';

const size = (width: number, height: number) => ({ width, height });
const photograph = size(4000, 3000);

describe('fitInside', () => {
  it('keeps proportions and never vanishes', () => {
    expect(fitInside(photograph, 1024, 1024)).toEqual(size(1024, 768));
    expect(fitInside(size(1_000_000, 10), 256, 256)).toEqual(size(256, 1));
    expect(fitInside(size(1, 1), 256, 256)).toEqual(size(1, 1));
  });

  it('enlarges only when asked, and never without a box', () => {
    expect(fitInside(size(30, 20), 300, 300)).toEqual(size(30, 20));
    expect(fitInside(size(30, 20), 300, 300, true)).toEqual(size(300, 200));
    expect(fitInside(size(30, 20), undefined, undefined, true)).toEqual(size(30, 20));
  });

  it('lets an absent side follow from the other', () => {
    expect(fitInside(photograph, 1000)).toEqual(size(1000, 750));
    expect(fitInside(photograph, undefined, 300)).toEqual(size(400, 300));
  });
});

describe('framingOf', () => {
  const box = { widthPx: 600, heightPx: 600 };
  it.each([
    ['inside', photograph, { fit: 'inside' }, size(600, 450), size(600, 450)],
    ['cover', photograph, { fit: 'cover' }, size(800, 600), size(600, 600)],
    ['contain', photograph, { fit: 'contain' }, size(600, 450), size(600, 600)],
    ['fill', photograph, { fit: 'fill' }, size(600, 600), size(600, 600)],
    ['cover, too small', size(300, 200), { fit: 'cover' }, size(300, 200), size(300, 200)],
    ['cover, too low', size(900, 200), { fit: 'cover' }, size(900, 200), size(600, 200)],
    ['cover, enlarged', size(300, 200), { fit: 'cover', enlarge: true }, size(900, 600), size(600, 600)],
    ['contain, too small', size(300, 200), { fit: 'contain' }, size(300, 200), size(600, 600)],
    ['contain, enlarged', size(300, 200), { fit: 'contain', enlarge: true }, size(600, 400), size(600, 600)],
    ['fill, too low', size(900, 200), { fit: 'fill' }, size(600, 200), size(600, 200)],
    ['fill, enlarged', size(900, 200), { fit: 'fill', enlarge: true }, size(600, 600), size(600, 600)],
    [
      'cover without a height',
      photograph,
      { fit: 'cover', heightPx: undefined },
      size(600, 450),
      size(600, 450),
    ],
    [
      'contain without a width',
      photograph,
      { fit: 'contain', widthPx: undefined },
      size(800, 600),
      size(800, 600),
    ],
  ] as const)('brings a picture into its box: %s', (_what, original, wishes, scaled, result) => {
    expect(framingOf(original, specOf({ ...box, ...wishes }))).toEqual({ scaled, box: result });
  });
});

describe('placeAt', () => {
  it('leans on the side that the gravity names, with its margin', () => {
    const place = (gravity: 'northwest' | 'centre' | 'southeast' | 'east') =>
      placeAt(gravity, size(100, 80), size(20, 10), 5);
    expect(place('northwest')).toMatchObject({ left: 5, top: 5 });
    expect(place('centre')).toMatchObject({ left: 40, top: 35 });
    expect(place('southeast')).toMatchObject({ left: 75, top: 65 });
    expect(place('east')).toMatchObject({ left: 75, top: 35 });
  });

  it('stays in the picture when the margin does not fit', () => {
    expect(placeAt('southeast', size(20, 20), size(15, 20), 50)).toMatchObject({ left: 0, top: 0 });
    expect(placeAt('northwest', size(20, 20), size(15, 20), 50)).toMatchObject({ left: 5, top: 0 });
  });
});

describe('windowAround', () => {
  it('has the point in its middle, as far as the picture goes', () => {
    const framing = { scaled: size(800, 600), box: size(600, 600) };
    const left = (x: number) => windowAround({ x, y: 0.5 }, framing).left;
    expect([0, 0.4, 0.5, 0.6, 1].map(left)).toEqual([0, 20, 100, 180, 200]);
  });
});

describe('a turned picture', () => {
  it('has the size of the rectangle around it', () => {
    expect(turnedSize(size(400, 300), 0)).toEqual(size(400, 300));
    expect(turnedSize(size(400, 300), -90)).toEqual(size(300, 400));
    expect(turnedSize(size(400, 300), 180)).toEqual(size(400, 300));
    expect(turnedSize(size(400, 300), 45)).toEqual(size(495, 495));
  });

  it('has its points where they are clockwise of where they were', () => {
    const [before, after] = [size(400, 300), size(300, 400)];
    const { x, y } = turnedPoint({ x: 0.25, y: 0 }, before, after, 90);
    expect([x, y].map((share) => Math.round(share * 1000) / 1000)).toEqual([1, 0.25]);
  });
});

describe('the size that is decoded', () => {
  const needed = (wishes: Partial<RenditionSpec>) => neededSize(photograph, specOf(wishes));

  it('is the one that is shown, for what is only scaled, cropped, or turned by right angles', () => {
    expect(needed({ widthPx: 1024, heightPx: 1024 })).toEqual(size(1024, 768));
    expect(needed({ widthPx: 600, heightPx: 600, fit: 'cover' })).toEqual(size(800, 600));
    expect(needed({ widthPx: 600, heightPx: 600, fit: 'contain', blur: 2 })).toEqual(size(600, 450));
    expect(needed({ widthPx: 600, rotate: 90 })).toEqual(size(800, 600));
    expect(needed({ widthPx: 600, rotate: -180 })).toEqual(size(600, 450));
  });

  it('keeps its proportions for a picture that is stretched', () => {
    expect(needed({ widthPx: 1000, heightPx: 150, fit: 'fill' })).toEqual(size(1000, 750));
  });

  it('is twice as large for a picture that is turned by a free angle', () => {
    expect(needed({ widthPx: 495, rotate: 45 })).toEqual(size(800, 600));
  });

  it('is the whole for what is trimmed, has no box, or is enlarged', () => {
    expect(needed({ widthPx: 100, trim: { threshold: 10 } })).toEqual(photograph);
    expect(needed({})).toEqual(photograph);
    expect(needed({ widthPx: 9000, enlarge: true })).toEqual(photograph);
  });

  it('is the largest that any rendition needs', () => {
    const specs = [
      { widthPx: 256 },
      { widthPx: 1024, heightPx: 512 },
      { heightPx: 600, widthPx: 10, fit: 'cover' },
    ];
    expect(
      sharedSize(
        photograph,
        specs.map((wishes) => specOf(wishes as Partial<RenditionSpec>)),
      ),
    ).toEqual(size(800, 600));
  });
});
