import type { Copyright } from '../drawn.ts';
import type { Camera } from '../types.ts';
import { type Ifd, openTiff } from './tiff-fields.ts';
import { readXmp } from './xmp.ts';

const MAKE = 0x010f;
const MODEL = 0x0110;
const ARTIST = 0x013b;
const COPYRIGHT = 0x8298;
const GPS_IFD = 0x8825;
const GPS_LATITUDE = 0x0002;
const GPS_LONGITUDE = 0x0004;

/** What the metadata of an image says that is of use here. What is absent is not said, or said in a way nobody can read. */
export interface Exif {
  readonly camera?: Camera;
  /** Absent where there is metadata that cannot be read, and nothing else tells of a location. */
  readonly hasLocation?: boolean;
  readonly copyright?: Copyright;
}

/**
 * Reads EXIF and XMP, of which EXIF goes before. Never throws, and takes time by the number of entries, whatever they say
 * (docs/adr/0027). `tiff`: the file, where it is a TIFF, whose fields are not in the header that libvips gives.
 */
export function readExif(
  header: { readonly exif?: Buffer | undefined; readonly xmp?: Buffer | undefined },
  tiff?: Buffer,
): Exif {
  const block = tiff ?? header.exif;
  const ifd = block && openTiff(block);
  const xmp = header.xmp && readXmp(header.xmp);
  const camera = present({
    make: ifd?.text(MAKE) ?? xmp?.make,
    model: ifd?.text(MODEL) ?? xmp?.model,
  });
  const copyright = present({
    copyright: ifd?.text(COPYRIGHT) ?? xmp?.rights,
    artist: ifd?.text(ARTIST) ?? xmp?.creator,
  });
  const places = [block ? locationIn(ifd) : false, xmp ? xmp.hasLocation : false];
  const hasLocation = places.includes(true) || (places.includes(undefined) ? undefined : false);
  return present({ camera, hasLocation, copyright }) ?? {};
}

/** Cameras without a fix write the directory, too, with nothing in it or with 0/0 for each number. */
function locationIn(ifd: Ifd | undefined): boolean | undefined {
  if (!ifd?.whole) return ifd?.has(GPS_IFD) ? locationOf(ifd) : undefined;
  return ifd.has(GPS_IFD) ? locationOf(ifd) : false;
}

function locationOf(ifd: Ifd): boolean | undefined {
  const gps = ifd.directory(GPS_IFD);
  if (!gps) return undefined;
  const axes = [GPS_LATITUDE, GPS_LONGITUDE].filter((tag) => gps.has(tag));
  const told = axes.map((tag) => gps.hasNumber(tag));
  if (told.includes(true)) return true;
  return told.includes(undefined) || !gps.whole ? undefined : false;
}

/** Without what is undefined; undefined when nothing is left. */
function present<T extends object>(values: T): T | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as T);
}
