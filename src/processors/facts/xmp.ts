import { plainText } from './plain-text.ts';

/** What an XMP packet says that is of use here. */
export interface Xmp {
  readonly make?: string;
  readonly model?: string;
  readonly rights?: string;
  readonly creator?: string;
  /** Absent where the packet is longer than is looked at, and tells none before that. */
  readonly hasLocation?: boolean;
}

/** A packet in a JPEG has at most 64 KiB; other formats may have any length. */
const MAX_PACKET_BYTES = 1024 * 1024;
const MAX_VALUE_CHARACTERS = 10_000;

// Found by name, without a parser of XML: nothing is expanded, fetched or nested. Each expression is linear in the packet: what may
// repeat in it stops at what the next match begins with.
const LOCATION = /:GPSL(?:at|ong)itude(?:\s*=\s*(?:"[^"]|'[^'])|\s*>\s*[^\s<])/;
const ITEM = /<rdf:li(\s[^<>]*)?>([^<]*)</g;
const DEFAULT_LANGUAGE = /\sxml:lang\s*=\s*["']x-default["']/;

/** Reads the properties of a packet by their usual prefixes (XMP part 2). Never throws. */
export function readXmp(packet: Buffer): Xmp {
  const whole = packet.length <= MAX_PACKET_BYTES;
  const text = decoded(packet.subarray(0, MAX_PACKET_BYTES));
  const hasLocation = LOCATION.test(text) || (whole ? false : undefined);
  return {
    make: simple(text, 'tiff:Make'),
    model: simple(text, 'tiff:Model'),
    rights: inDefaultLanguage(items(text, 'dc:rights')),
    creator: plainText(
      items(text, 'dc:creator')
        .map(({ value }) => value)
        .join('; '),
    ),
    hasLocation,
  };
}

const IN_GIF = 'XMP DataXMP';
const PACKET_END = '<?xpacket end';

/** The packet of a GIF, which no decoder gives: it lies in an extension of its own, not cut into blocks (XMP part 3, 1.1.2). */
export function xmpOfGif(bytes: Buffer): Buffer | undefined {
  const name = bytes.indexOf(IN_GIF, 0, 'latin1');
  if (name < 0) return undefined;
  const packet = bytes.subarray(name + IN_GIF.length);
  const end = packet.indexOf(PACKET_END, 0, 'latin1');
  return end < 0 ? packet : packet.subarray(0, end);
}

/** UTF-8 but for packets that say otherwise with a byte order mark. */
function decoded(packet: Buffer): string {
  const mark = packet.toString('hex', 0, 2);
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(packet);
}

/** The value of a property that is written as an attribute, or as an element with text. */
function simple(text: string, name: string): string | undefined {
  const at = text.search(new RegExp(`[\\s<]${name}[\\s=>]`));
  if (at < 0) return undefined;
  const rest = text.slice(at + 1 + name.length, at + 1 + name.length + MAX_VALUE_CHARACTERS);
  const [, double, single, element] = /^\s*(?:=\s*(?:"([^"<]*)"|'([^'<]*)')|>([^<]*)<)/.exec(rest) ?? [];
  return plainText(unescaped(double ?? single ?? element ?? ''));
}

interface Item {
  readonly value: string;
  readonly isDefault: boolean;
}

/** The items of a property that is an array. */
function items(text: string, name: string): Item[] {
  const begin = text.indexOf(`<${name}>`);
  if (begin < 0) return [];
  const array = text.slice(begin, begin + MAX_VALUE_CHARACTERS);
  const end = array.indexOf(`</${name}>`);
  if (end < 0) return [];
  return [...array.slice(0, end).matchAll(ITEM)].flatMap(([, attributes = '', item = '']) => {
    const value = plainText(unescaped(item));
    return value === undefined ? [] : [{ value, isDefault: DEFAULT_LANGUAGE.test(attributes) }];
  });
}

/** Of a text in several languages the one for all others, which should stand first, and does not always. */
const inDefaultLanguage = (texts: readonly Item[]): string | undefined =>
  (texts.find(({ isDefault }) => isDefault) ?? texts[0])?.value;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    (whole, dec, hex, name) => {
      if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
      const code = dec === undefined ? Number.parseInt(hex, 16) : Number(dec);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
