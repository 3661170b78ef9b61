import type { Drawn, Source } from '../drawn.ts';
import type { RenditionSpec } from '../pipeline.ts';
import { reject } from '../refusal.ts';
import { RENDITION_FORMATS, type RenditionFormat } from '../types.ts';
import { ENCODERS, type Encoder } from './encoders.ts';

type Formats = readonly [RenditionFormat, ...RenditionFormat[]];

/** Formats to be written, of which the smallest is taken, and whether they move. */
export interface FormatPlan {
  readonly formats: Formats;
  readonly motion: boolean;
}

/** What is written quickly sets the size that the slow ones have to beat. */
const BY_TIME_TO_WRITE: readonly RenditionFormat[] = ['jpeg', 'png', 'webp', 'gif', 'avif'];

/**
 * What a rendition may be written in. A format that was chosen by name is taken or refused, whatever it loses; `auto`, `keep`
 * and `best` go on to one that can hold the picture's sides. Throws a Refusal: RENDITION_SIDE_TOO_LONG,
 * RENDITION_FORMAT_NOT_ALLOWED.
 */
export function chooseFormats(drawn: Drawn, spec: RenditionSpec, source: Source): FormatPlan {
  const moving = drawn.frames > 1 && spec.frames === 'all';
  const plan = (formats: Formats): FormatPlan => ({ formats, motion: moving && ENCODERS[formats[0]].motion });
  switch (spec.format) {
    case 'auto':
      return plan([automatic(drawn, moving, spec)]);
    case 'keep':
      return plan([kept(drawn, source) ?? automatic(drawn, moving, spec)]);
    case 'best':
      return plan(best(drawn, moving, spec, source));
    default:
      if (!fits(drawn, spec.format)) throw tooLong(drawn, spec, [spec.format]);
      return plan([spec.format]);
  }
}

const longerSide = ({ width, height }: Drawn) => Math.max(width, height);
const fits = (drawn: Drawn, format: RenditionFormat) => longerSide(drawn) <= ENCODERS[format].maxSidePx;

function automatic(drawn: Drawn, moving: boolean, spec: RenditionSpec): RenditionFormat {
  const wished = autoOrder(drawn, moving);
  const found = wished.find((format) => fits(drawn, format));
  if (!found) throw tooLong(drawn, spec, wished);
  return found;
}

/** The cheapest to write of what can hold the picture, then what holds larger ones. */
function autoOrder({ hasAlpha }: Drawn, moving: boolean): readonly RenditionFormat[] {
  if (moving) return ['webp', 'gif'];
  return hasAlpha ? ['webp', 'png'] : ['jpeg', 'png'];
}

function kept(drawn: Drawn, { facts }: Source): RenditionFormat | undefined {
  return RENDITION_FORMATS.find((format) => format === facts.format && fits(drawn, format));
}

function best(drawn: Drawn, moving: boolean, spec: RenditionSpec, { renditionFormats }: Source): Formats {
  const allowed = BY_TIME_TO_WRITE.filter((format) => renditionFormats?.includes(format) ?? true);
  if (allowed.length === 0) {
    throw reject(
      'RENDITION_FORMAT_NOT_ALLOWED',
      `the rendition ${spec.name} is to be written in the best format of ${renditionFormats?.join(', ') || 'none'}, and that ` +
        `has none of ${RENDITION_FORMATS.join(', ')}; let the customer's policy allow one of these`,
    );
  }
  const fitting = allowed.filter((format) => fits(drawn, format));
  if (fitting.length === 0) throw tooLong(drawn, spec, allowed);
  const able = drawn.ownColours ? preferred(fitting, ({ icc }) => icc) : fitting;
  if (moving) return nonEmpty(preferred(able, ({ motion }) => motion));
  // A mask and 256 colours are never the best still, only the last resort.
  const stills = preferred(able, ({ alpha }) => alpha !== 'mask');
  return nonEmpty(drawn.hasAlpha ? preferred(stills, ({ alpha }) => alpha === 'full') : stills);
}

/** Those that can, or all where none can. */
function preferred(formats: readonly RenditionFormat[], can: (encoder: Encoder) => boolean) {
  const able = formats.filter((format) => can(ENCODERS[format]));
  return able.length > 0 ? able : formats;
}

function nonEmpty([first, ...rest]: readonly RenditionFormat[]): Formats {
  if (!first) throw new Error('no format is left');
  return [first, ...rest];
}

function tooLong(drawn: Drawn, { name }: RenditionSpec, formats: readonly RenditionFormat[]) {
  const caps = formats.map((format) => `${format} takes ${ENCODERS[format].maxSidePx}`).join(', ');
  return reject(
    'RENDITION_SIDE_TOO_LONG',
    `the rendition ${name} would be ${drawn.width} × ${drawn.height} pixels, and ${caps} pixels a side; give it widthPx or ` +
      `heightPx, or another format`,
  );
}
