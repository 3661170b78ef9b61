import sharp from 'sharp';
import type { DecodableFormat } from './guard/decodable.ts';
import type { RenditionFormat } from './types.ts';

/** Decoders of libvips, by the format that they read. */
const LOADERS: Readonly<Record<DecodableFormat, string>> = {
  jpeg: 'VipsForeignLoadJpeg',
  png: 'VipsForeignLoadPng',
  webp: 'VipsForeignLoadWebp',
  gif: 'VipsForeignLoadNsgif',
  avif: 'VipsForeignLoadHeif',
  tiff: 'VipsForeignLoadTiff',
  svg: 'VipsForeignLoadSvg',
};

let allowed: ReadonlySet<string> | undefined;
const users = new Map<RenditionFormat, number>();

/** From now on this process has the decoders of these formats and no others. */
export function allowLoaders(formats: readonly DecodableFormat[]): void {
  allowed = new Set(formats);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: formats.map((format) => LOADERS[format]) });
}

/**
 * Lends the decoder of a format for bytes that we encoded ourselves, also where strangers' images of it are not allowed.
 * These are told by their first bytes and refused before anything is decoded, whatever is lent.
 */
export async function withLoader<T>(format: RenditionFormat, work: () => Promise<T>): Promise<T> {
  if (!allowed || allowed.has(format)) return work();
  users.set(format, (users.get(format) ?? 0) + 1);
  sharp.unblock({ operation: [LOADERS[format]] });
  try {
    return await work();
  } finally {
    const left = (users.get(format) ?? 1) - 1;
    users.set(format, left);
    if (left === 0) sharp.block({ operation: [LOADERS[format]] });
  }
}
