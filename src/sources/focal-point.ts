import type { FocalPoint, Unusable } from './arrival.ts';

// as programs write numbers, who compute them: 0.3333333333333333, 1e-7
const PART = '([01]|[01]?\\.\\d{1,20}|\\d(?:\\.\\d{1,20})?e-\\d{1,3})';
const FOCAL_POINT = new RegExp(`^\\s*${PART}\\s*,\\s*${PART}\\s*$`, 'i');

/** Reads `0.3,0.7`, as a header and the metadata of an object have it. */
export function parseFocalPoint(text: string): FocalPoint | Unusable {
  const [, x, y] = FOCAL_POINT.exec(text) ?? [];
  if (x === undefined || y === undefined) return invalid(JSON.stringify(text.slice(0, 40)));
  return checkFocalPoint({ x: Number(x), y: Number(y) });
}

/** Checks what the value of a record says. */
export function checkFocalPoint(given: unknown): FocalPoint | Unusable {
  const { x, y }: Partial<Record<string, unknown>> =
    typeof given === 'object' && given !== null ? { ...given } : {};
  return isPart(x) && isPart(y) ? { x, y } : invalid(`x ${shown(x)} and y ${shown(y)}`);
}

const isPart = (part: unknown): part is number => typeof part === 'number' && part >= 0 && part <= 1;
const shown = (part: unknown) => (typeof part === 'number' ? String(part) : `(${typeof part})`);

const invalid = (given: string): Unusable => ({
  code: 'FOCAL_POINT_INVALID',
  reason:
    `the focal point ${given} is not allowed: send two numbers from 0 to 1, the first from the left, the second from ` +
    'the top, such as 0.3,0.7',
});
