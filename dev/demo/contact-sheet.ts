// The page at the end of the demo: every image by customer, as its stored rendition, in one file that needs no other.
import type { ImageProcessed } from '../../src/serdes/image-processed.generated.ts';
import type { Account } from './account.ts';
import { SHEET_STYLE } from './contact-sheet-style.ts';
import type { Sent } from './send.ts';

export interface SheetFacts {
  readonly seconds: number;
  readonly agree: boolean;
  readonly madeAt: Date;
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const html = (text: string) => text.replace(/[&<>"']/g, (found) => escapes[found] ?? found);

export function contactSheet(
  account: Account,
  pictures: ReadonlyMap<string, string>,
  { seconds, agree, madeAt }: SheetFacts,
): string {
  const customers = Map.groupBy(account.sent.values(), ({ sample }) => sample.customer);
  const sections = [...customers].map(([customer, sent]) => section(customer, sent, account, pictures));
  const figure = (value: string | number, label: string) => `<div><dt>${label}</dt><dd>${value}</dd></div>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Darkroom: contact sheet</title>
<style>${SHEET_STYLE}</style></head>
<body>
<header>
<div class="title"><h1>Darkroom</h1><p>Contact sheet, ${madeAt.toISOString().slice(0, 16).replace('T', ' ')} UTC</p></div>
<dl>
${figure(account.sent.size, 'sent')}
${figure(account.count('processed'), 'processed')}
${figure(account.count('rejected'), 'rejected')}
${account.count('failed') > 0 ? figure(account.count('failed'), 'failed') : ''}
${figure(seconds.toFixed(1), 'seconds')}
${figure(agree ? '<span class="yes">✓</span>' : '<span class="no">✗</span>', agree ? 'image-stats agrees' : 'image-stats differs')}
</dl>
</header>
<main>
${sections.join('\n')}
</main>
<footer>Each picture is the stored rendition “medium”, as S3 holds it: turned upright, in sRGB, without its location.</footer>
</body></html>
`;
}

function section(
  customer: string,
  sent: readonly Sent[],
  account: Account,
  pictures: ReadonlyMap<string, string>,
): string {
  const events = sent.flatMap(({ imageId }) => account.events.get(imageId) ?? []);
  const types = [...Map.groupBy(events, ({ type }) => type)]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([type, ofType]) => `<li>${html(typeName(type))}<b>${ofType.length}</b></li>`);
  const frames = sent
    .toSorted(byExpectationAndName)
    .map((one) => frame(one, account.events.get(one.imageId)?.[0], pictures.get(one.imageId)));
  return `<section>
<div class="customer"><h2>${html(customer)}</h2><ul>${types.join('')}</ul></div>
<div class="frames">
${frames.join('\n')}
</div>
</section>`;
}

/** Those that must be rejected come last. */
const byExpectationAndName = ({ sample: a }: Sent, { sample: b }: Sent) =>
  a.expected.localeCompare(b.expected) || a.name.localeCompare(b.name, 'en', { numeric: true });

const WAYS = { upload: 'upload', stream: 'stream', reference: 'stream, by reference' };

function frame({ sample }: Sent, event: ImageProcessed | undefined, picture: string | undefined): string {
  const outcome = event?.outcome ?? 'missing';
  const shown = picture
    ? `<img src="${html(picture)}" alt="${html(sample.name)}" loading="lazy">`
    : `<p class="code">${html(event?.code ?? 'NO_EVENT').replaceAll('_', '_<wbr>')}</p>`;
  return `<figure class="${outcome}"><div class="mat">${shown}</div>
<figcaption><strong title="${html(sample.name)}">${html(sample.name)}</strong>${event ? facts(event) : ''}
<p>${WAYS[sample.way]}</p>${event?.renditions.length ? renditions(event) : ''}
${event?.reason ? `<p class="reason">${html(event.reason)}</p>` : ''}</figcaption></figure>`;
}

function facts({ type, width, height, frames, hasAlpha, bytes }: ImageProcessed): string {
  const parts = [
    typeName(type),
    ...(width && height ? [`${width}\u00a0×\u00a0${height}`] : []),
    ...(frames && frames > 1 ? [`${frames}\u00a0frames`] : []),
    ...(hasAlpha ? ['alpha'] : []),
    ...(bytes === null ? [] : [humanBytes(bytes)]),
  ];
  return `<p>${parts.map(html).join(' · ')}</p>`;
}

function renditions({ renditions }: ImageProcessed): string {
  const bytes = renditions.reduce((sum, rendition) => sum + rendition.bytes, 0);
  return `<p class="out">${renditions.length} renditions · ${humanBytes(bytes)}</p>`;
}

const TYPE_NAMES: Record<string, string> = { unknown: 'no image', webp: 'WebP' };
const typeName = (type: string) => TYPE_NAMES[type] ?? type.toUpperCase();

function humanBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes}\u00a0B`;
  return bytes < 999_500 ? `${Math.round(bytes / 1000)}\u00a0kB` : `${(bytes / 1e6).toFixed(1)}\u00a0MB`;
}
