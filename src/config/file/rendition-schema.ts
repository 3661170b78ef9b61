import { z } from 'zod';
import { FITS, GRAVITIES, RENDITION_DEFAULTS } from '../../processors/pipeline.ts';
import { RENDITION_FORMATS } from '../../processors/types.ts';
import {
  choice,
  group,
  NAME_ALLOWED,
  nameSchema,
  numberIn,
  option,
  say,
  sizeSchema,
  yesOrNo,
} from './words.ts';

const DEFAULTS = RENDITION_DEFAULTS;
/** Of WebP, which any rendition may turn out as. */
const MAX_SIDE_PX = 16_383;

/** What a watermark is where it is not said. */
export const WATERMARK_DEFAULTS = {
  colour: '#ffffff',
  font: 'sans-serif',
  position: 'southeast',
  opacity: 0.5,
  scale: 0.2,
  margin: 16,
  tiled: false,
} as const;

const side = (summary: string) =>
  numberIn([1, MAX_SIDE_PX], { whole: true, summary, reason: 'WebP knows no longer side' });

const colour = (summary: string, fallback?: string) =>
  option(z.string().regex(/^#([0-9a-f]{6}|[0-9a-f]{8})$/i), {
    summary,
    fallback,
    allowed: 'a colour, "#rrggbb" or "#rrggbbaa"',
    reason: 'in quotes: YAML takes # for the beginning of a comment',
  });

const quality = option(
  z.union([
    z.number().min(1).max(100),
    z.strictObject({ similarity: z.number().gt(0).lt(1) }),
    z.strictObject({ maxBytes: sizeSchema([1024, 64 * 1024 ** 2]) }),
  ]),
  {
    summary:
      "A number on the encoder's scale; the similarity to reach, as in { similarity: 0.98 }; or the largest file, as in { maxBytes: 200KiB }",
    fallback: DEFAULTS.quality,
    allowed: 'a number in [1, 100], { similarity } between 0 and 1, or { maxBytes } in [1KiB, 64MiB]',
    reason: 'the tables of a JPEG alone take more than 600 bytes',
  },
);

const pixels = (summary: string) => numberIn([0, MAX_SIDE_PX], { whole: true, summary, fallback: 0 });

const pad = group(
  {
    top: pixels('Pixels above').optional(),
    right: pixels('Pixels to the right').optional(),
    bottom: pixels('Pixels below').optional(),
    left: pixels('Pixels to the left').optional(),
  },
  'Background around the picture, outside of the box',
);

const watermark = group(
  {
    image: option(z.string().min(1), {
      summary: 'Path of an image file, from the folder of this file',
      allowed: 'the path of an image file',
    }).optional(),
    text: option(z.string().max(200).regex(/\S/), {
      summary: 'Words, instead of an image',
      allowed: 'a text of 1 to 200 characters, not all of them blank',
    }).optional(),
    colour: colour('Of the words', WATERMARK_DEFAULTS.colour).optional(),
    font: option(z.string().min(1).max(100), {
      summary: 'Of the words: a family that fontconfig knows, and a style',
      fallback: WATERMARK_DEFAULTS.font,
      allowed: 'the name of a font, as in "sans-serif bold"',
    }).optional(),
    position: choice(GRAVITIES, {
      summary: 'Where it stands',
      fallback: WATERMARK_DEFAULTS.position,
    }).optional(),
    opacity: numberIn([0, 1], {
      summary: '0 is invisible, 1 hides what is below',
      fallback: WATERMARK_DEFAULTS.opacity,
    }).optional(),
    scale: numberIn([0.01, 1], {
      summary: "Its longest side as a part of the picture's shorter one",
      fallback: WATERMARK_DEFAULTS.scale,
      reason: 'a smaller one would not be seen',
    }).optional(),
    margin: numberIn([0, MAX_SIDE_PX], {
      whole: true,
      summary: 'Pixels from the edges that it stands at; between tiles, the gap',
      fallback: WATERMARK_DEFAULTS.margin,
    }).optional(),
    tiled: yesOrNo({ summary: 'All over the picture', fallback: WATERMARK_DEFAULTS.tiled }).optional(),
  },
  'Something laid over the picture, at last',
).superRefine(({ image, text, colour, font }, context) => {
  if ((image === undefined) === (text === undefined)) say(context, 'must have either image or text');
  if (text !== undefined) return;
  if (colour !== undefined) say(context, 'would do nothing: an image has its own', ['colour']);
  if (font !== undefined) say(context, 'would do nothing: an image has no words', ['font']);
});

const shape = {
  width: side('Width of the box in pixels; without it the width follows from the height').optional(),
  height: side('Height of the box in pixels; without it the height follows from the width').optional(),
  fit: choice(FITS, {
    summary:
      'inside: all of it, in its proportions. cover: the box is full, what is too much is cut off. contain: as inside, the rest is background. fill: stretched',
    fallback: DEFAULTS.fit,
  }).optional(),
  enlarge: yesOrNo({
    summary: 'Whether a picture smaller than its box is made larger',
    fallback: DEFAULTS.enlarge,
  }).optional(),
  position: choice([...GRAVITIES, 'attention', 'entropy', 'focal'], {
    summary:
      'What a cover keeps, or where a contained picture stands. focal: the point given with the image, else the centre',
    fallback: DEFAULTS.position,
  }).optional(),
  background: colour(
    'Behind transparency where the format has none, around a turned, padded or contained picture',
    DEFAULTS.background,
  ).optional(),
  format: choice([...RENDITION_FORMATS, 'auto', 'keep', 'best'], {
    summary:
      'auto: JPEG for an opaque still, else WebP. keep: as it came. best: the smallest that reaches the quality and that the policy permits',
    fallback: DEFAULTS.format,
  }).optional(),
  quality: quality.optional(),
  trim: group(
    { threshold: numberIn([0, 255], { summary: 'Levels of 255 that an edge may differ by' }) },
    'Before all else: cut off edges that are alike',
  ).optional(),
  rotate: numberIn([-360, 360], { summary: 'Degrees clockwise, before resizing' }).optional(),
  flip: yesOrNo({ summary: 'Top to bottom', fallback: false }).optional(),
  flop: yesOrNo({ summary: 'Left to right', fallback: false }).optional(),
  grayscale: yesOrNo({ summary: 'Without colours', fallback: false }).optional(),
  blur: numberIn([0.3, 250], {
    summary: 'Sigma of a Gaussian',
    reason: 'above, libvips takes seconds a picture, and nothing is left of it',
  }).optional(),
  sharpen: numberIn([0.1, 10], { summary: 'Sigma of the mask', reason: 'the bounds of sharp' }).optional(),
  watermark: watermark.optional(),
  pad: pad.optional(),
  frames: choice(['all', 'first'], {
    summary: 'Whether motion is kept where the format can',
    fallback: DEFAULTS.frames,
  }).optional(),
  progressive: yesOrNo({ summary: 'JPEG in scans, PNG interlaced', fallback: false }).optional(),
  keepIcc: yesOrNo({
    summary: 'Keep the colour profile instead of turning into sRGB',
    fallback: false,
  }).optional(),
  keepCopyright: yesOrNo({ summary: 'Keep copyright and artist', fallback: false }).optional(),
};

/** Judges options that are sound one by one: what would do nothing was meant otherwise. */
function judge(
  { width, height, fit = DEFAULTS.fit, position, enlarge }: z.output<z.ZodObject<typeof shape>>,
  context: z.RefinementCtx,
): void {
  const mistake = (path: string, message: string) => say(context, message, [path]);
  const fills = fit !== 'inside';
  if (fills && (width === undefined || height === undefined))
    mistake('fit', `needs both width and height: without a box there is nothing to ${fit}, got "${fit}"`);
  if (enlarge === true && width === undefined && height === undefined)
    mistake('enlarge', 'would do nothing: neither width nor height is set');
  if (position === undefined) return;
  const gravity: readonly string[] = GRAVITIES;
  if (fit === 'inside' || fit === 'fill')
    mistake('position', `would do nothing: fit is ${fit}, and only cover and contain have a position`);
  else if (fit === 'contain' && !gravity.includes(position))
    mistake('position', `must be one of ${GRAVITIES.join(', ')} for a fit of contain, got "${position}"`);
}

const SUMMARY = 'A derived picture; what is absent is not done';
const name = option(nameSchema, { summary: "Part of the object's key", allowed: NAME_ALLOWED });

export const renditionSchema = group(shape, SUMMARY).superRefine(judge);
export const namedRenditionSchema = group({ name, ...shape }, SUMMARY).superRefine(judge);
