import type { Headers } from '../topology/record.ts';
import type { FocalPoint, Unusable } from './arrival.ts';
import { parseFocalPoint } from './focal-point.ts';

/** What a record says of its image beside the image itself, in headers or in its value. */
export interface Told {
  readonly customerId?: string;
  /** The producer's own name of the image. */
  readonly imageId?: string;
  readonly createdAtMs?: number;
  readonly focalPoint?: FocalPoint;
  readonly pipeline?: string;
}

/** What the headers say, and the first thing that is wrong with them. */
export function toldByHeaders(headers: Headers): { readonly told: Told; readonly problem?: Unusable } {
  const focalText = textHeader(headers, 'focal-point');
  const focalPoint = focalText === undefined ? undefined : parseFocalPoint(focalText);
  const wrong = focalPoint && 'code' in focalPoint ? focalPoint : undefined;
  const told = present({
    customerId: textHeader(headers, 'customer-id'),
    imageId: textHeader(headers, 'image-id'),
    createdAtMs: parseTime(textHeader(headers, 'created-at')),
    focalPoint: focalPoint && !('code' in focalPoint) ? focalPoint : undefined,
    pipeline: textHeader(headers, 'pipeline'),
  });
  return { told, ...(wrong && { problem: wrong }) };
}

const FIELDS = ['customerId', 'imageId', 'createdAtMs', 'focalPoint', 'pipeline'] as const;

/**
 * Headers and value together. Where both say a thing and differ, neither is believed: an image that is counted for the wrong
 * customer would be found by nobody.
 */
export function merged(headers: Told, value: Told): { readonly told: Told; readonly problem?: Unusable } {
  const differing = FIELDS.filter((field) => differ(headers[field], value[field]));
  if (differing.length === 0) return { told: { ...value, ...headers } };
  const told = Object.fromEntries(
    Object.entries({ ...value, ...headers }).filter(([field]) => !differing.some((other) => other === field)),
  );
  const reason = `header and value differ in ${differing.join(' and ')}: send it once, or the same in both`;
  return { told, problem: { code: 'FIELDS_CONFLICT', reason } };
}

function differ(header: unknown, value: unknown): boolean {
  return header !== undefined && value !== undefined && JSON.stringify(header) !== JSON.stringify(value);
}

/** The last header of that name as text (Kafka's rule for doubles); empty and null count as absent. */
export function textHeader(headers: Headers, name: string): string | undefined {
  const value = headers.findLast(([header]) => header === name)?.[1];
  return value && value.length > 0 ? value.toString('utf8') : undefined;
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** Milliseconds since the epoch from a number, digits or an ISO 8601 time; what is none of them says nothing. */
export function parseTime(given: unknown): number | undefined {
  if (typeof given === 'number') return Number.isSafeInteger(given) && given >= 0 ? given : undefined;
  if (typeof given !== 'string') return undefined;
  const ms = /^\d{1,15}$/.test(given) ? Number(given) : ISO_TIME.test(given) ? Date.parse(given) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** Without what is undefined. */
export function present<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> };
export function present(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
