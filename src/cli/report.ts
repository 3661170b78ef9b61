import { type FileResult, humanBytes, plural } from './file-result.ts';
import { REPORT_STYLE } from './report-style.ts';

/** A result with what the page shows of it. */
export interface ReportItem {
  readonly result: FileResult;
  /** A `data:` URL of a small rendition. */
  readonly thumbnail: string | undefined;
  /** Ways to the renditions from the folder of the page, in their order. */
  readonly links: readonly string[];
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** File names and reasons come from outside: nothing of them may become markup. */
const html = (text: string) => text.replace(/[&<>"']/g, (found) => escapes[found] ?? found);
const urlOf = (path: string) => html(path.split('/').map(encodeURIComponent).join('/'));

const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

function facts({ type, bytes, width, height, frames, hasAlpha }: FileResult): string {
  const parts = [
    type === 'unknown' ? 'unknown format' : type.toUpperCase(),
    ...(width && height ? [`${width} × ${height}`] : []),
    ...(frames && frames > 1 ? [plural(frames, 'frame')] : []),
    ...(hasAlpha ? ['alpha'] : []),
    humanBytes(bytes),
  ];
  return parts.map(html).join(' <i>·</i> ');
}

function details({ result }: ReportItem): string {
  const rows = [
    ['file', result.file],
    ['image id', result.imageId],
    ['SHA-256', result.sha256],
    ['pipeline', result.pipeline],
    ['took', `${Math.round(result.durationMs)} ms`],
    ...(result.deadLetter ? [['dead letter on', result.deadLetter.topic]] : []),
    ...Object.entries(result.deadLetter?.headers ?? {}),
  ].flatMap(([name, value]) => (value ? [`<dt>${html(name ?? '')}</dt><dd>${html(value)}</dd>`] : []));
  return `<details><summary>${result.deadLetter ? 'Details and dead letter' : 'Details'}</summary><dl>${rows.join('')}</dl></details>`;
}

function card(item: ReportItem): string {
  const { result, thumbnail, links } = item;
  const name = `<h2 title="${html(result.file)}">${html(fileName(result.file))}</h2>`;
  const picture = thumbnail
    ? `<a class="frame" href="${urlOf(links[0] ?? '')}"><img src="${html(thumbnail)}" alt="" loading="lazy"></a>`
    : `<div class="frame none"><span>${html(result.code ?? 'no rendition')}</span></div>`;
  const verdict = result.reason ? `<p class="reason">${html(result.reason)}</p>` : '';
  const renditions = result.renditions
    .map(
      (one, index) =>
        `<li><a href="${urlOf(links[index] ?? '')}">${html(one.name)}</a><span>${one.width} × ${one.height}</span>` +
        `<span>${humanBytes(one.bytes)}</span></li>`,
    )
    .join('');
  return (
    `<article class="${result.outcome}">${picture}<div class="text">${name}<p class="facts">${facts(result)}</p>${verdict}` +
    `${renditions ? `<ul>${renditions}</ul>` : ''}${details(item)}</div></article>\n`
  );
}

const OUTCOMES = ['processed', 'rejected', 'failed'] as const;

/**
 * The page that `darkroom try` leaves: one file that needs no other (links to renditions apart), dark or light as the
 * reader's system is. Yields it in pieces, so that thousands of images need not fit into memory.
 */
export async function* renderReport(
  results: readonly FileResult[],
  seconds: number,
  itemOf: (result: FileResult) => Promise<ReportItem>,
): AsyncGenerator<string> {
  const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
  const bytesIn = results.reduce((sum, { bytes }) => sum + bytes, 0);
  const renditions = results.flatMap((result) => result.renditions);
  const bytesOut = renditions.reduce((sum, { bytes }) => sum + bytes, 0);
  const filters = OUTCOMES.filter((outcome) => count(outcome) > 0)
    .map(
      (outcome) =>
        `<label class="${outcome}"><input type="checkbox" id="show-${outcome}" checked><b>${count(outcome)}</b> ${outcome}</label>`,
    )
    .join('');
  yield `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Darkroom: ${plural(results.length, 'file')}</title>
<style>${REPORT_STYLE}</style></head>
<body>
<header><h1>Darkroom</h1>
<p>${plural(results.length, 'file')}, ${humanBytes(bytesIn)} in; ${plural(renditions.length, 'rendition')}, ${humanBytes(bytesOut)} out; ${seconds.toFixed(1)} s</p>
<form aria-label="Show">${filters}</form></header>
<main>
`;
  for (const result of results) yield card(await itemOf(result));
  yield '</main>\n</body></html>\n';
}
