import { type FileResult, plural } from './file-result.ts';
import { html } from './report-html.ts';

const TURNED: Readonly<Record<number, string>> = {
  2: 'mirrored',
  3: 'turned 180°',
  4: 'mirrored and turned 180°',
  5: 'mirrored and turned 270°',
  6: 'turned 90°',
  7: 'mirrored and turned 90°',
  8: 'turned 270°',
};

/** What is known of an image, in a person's words, besides its size and format. */
export function factsOf(result: FileResult): string[] {
  const { frames, megapixels, hasAlpha, colourSpace, orientation, hasLocation } = result;
  const turned = orientation === null ? undefined : TURNED[orientation];
  const camera = [result.cameraMake, result.cameraModel].filter(Boolean).join(' ');
  return [
    megapixels === null ? '' : `${megapixels < 0.1 ? '< 0.1' : megapixels.toFixed(1)} MP`,
    frames && frames > 1 ? plural(frames, 'frame') : '',
    hasAlpha ? 'transparency' : '',
    colourSpace ?? '',
    turned ? `came ${turned}` : '',
    hasLocation ? 'location removed' : '',
    camera,
  ].filter(Boolean);
}

const COLOUR = /^#[0-9a-f]{6}$/;

/** The colours of its palette, the most frequent first. */
export function swatches({ palette }: FileResult): string {
  const colours = (palette ?? []).filter((colour) => COLOUR.test(colour));
  if (colours.length === 0) return '';
  const each = colours.map((colour) => `<i style="background:${colour}" title="${html(colour)}"></i>`);
  return `<div class="palette" role="img" aria-label="Palette: ${colours.join(', ')}">${each.join('')}</div>`;
}
