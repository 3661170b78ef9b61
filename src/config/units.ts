const DURATION_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SIZE_BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
const PIXELS: Readonly<Record<string, number>> = { '': 1, MP: 1_000_000 };

/** A number and a unit, with nothing else in between or around; undefined when the text is anything else. */
function parseWithUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(text);
  const factor = match && Object.hasOwn(units, match[2] ?? '') ? units[match[2] ?? ''] : undefined;
  if (!match || factor === undefined) return undefined;
  const value = Number(match[1]) * factor;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** The largest unit that gives a whole number. */
function formatWithUnit(value: number, units: Readonly<Record<string, number>>): string {
  const [unit, factor] = Object.entries(units).findLast(
    ([, size]) => value >= size && value % size === 0,
  ) ?? ['', 1];
  return value === 0 ? '0' : `${value / factor}${unit}`;
}

/** `250ms`, `30s`, `15m`, `12h`, `7d` or `0` in milliseconds. */
export const parseDuration = (text: string): number | undefined =>
  text === '0' ? 0 : parseWithUnit(text, DURATION_MS);
export const formatDuration = (ms: number): string => formatWithUnit(ms, DURATION_MS);

/** `512KiB`, `256MiB`, `1.5GiB` or `100B` in bytes. */
export const parseSize = (text: string): number | undefined => parseWithUnit(text, SIZE_BYTES);
export const formatSize = (bytes: number): string => formatWithUnit(bytes, SIZE_BYTES);

/** `100MP` (million pixels) or `65536` in pixels. */
export const parsePixels = (text: string): number | undefined => parseWithUnit(text, PIXELS);
export const formatPixels = (pixels: number): string => formatWithUnit(pixels, PIXELS);
