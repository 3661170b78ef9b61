import type { FileResult, RenditionResult } from './file-result.ts';
import { humanBytes, plural } from './file-result.ts';
import { factsOf, swatches } from './report-facts.ts';
import { html, urlOf } from './report-html.ts';
import { REPORT_STYLE } from './report-style.ts';

/** A result with what the page shows of it. */
export interface ReportItem {
  readonly result: FileResult;
  /** Way to the file as it came, from the folder of the page; undefined where a browser cannot show it. */
  readonly original: string | undefined;
  /** A `data:` URL of its ThumbHash, shown until a picture is there. */
  readonly placeholder: string | undefined;
  /** Ways to the renditions from the folder of the page, in their order. */
  readonly links: readonly string[];
}

const fileName = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const milliseconds = (ms: number) => (ms < 10 ? ms.toFixed(1) : String(Math.round(ms)));

interface Tile {
  readonly title: string;
  readonly link: string | undefined;
  readonly lines: readonly string[];
  /** What stands where no picture can. */
  readonly instead: string;
}

function tile({ title, link, lines, instead }: Tile, { placeholder }: ReportItem, kind: string): string {
  const style = placeholder ? ` style="background-image:url(${html(placeholder)})"` : '';
  const picture = link
    ? `<a class="mat" href="${urlOf(link)}"><img src="${urlOf(link)}" alt="${html(title)}" loading="lazy"></a>`
    : `<div class="mat none"${style}><span>${html(instead)}</span></div>`;
  const caption = lines.map((line) => `<span>${html(line)}</span>`).join('');
  return `<figure class="${kind}">${picture}<figcaption><b>${html(title)}</b>${caption}</figcaption></figure>`;
}

function original(item: ReportItem): string {
  const { type, bytes, width, height } = item.result;
  const size = width && height ? [`${width} × ${height}`] : [];
  const name = type === 'unknown' ? 'no image' : type.toUpperCase();
  return tile(
    {
      title: 'as it came',
      link: item.original,
      lines: [...size, `${humanBytes(bytes)} ${name}`],
      instead: name,
    },
    item,
    'original',
  );
}

function rendition(one: RenditionResult, link: string | undefined, item: ReportItem): string {
  const format = one.contentType.replace('image/', '').toUpperCase();
  const quality = one.quality === undefined ? '' : ` q${one.quality}`;
  const similarity = one.similarity === undefined ? [] : [`similarity ${one.similarity.toFixed(4)}`];
  const lines = [
    `${one.width} × ${one.height}`,
    `${humanBytes(one.bytes)} ${format}${quality}`,
    ...similarity,
  ];
  return tile({ title: one.name, link, lines, instead: format }, item, 'rendition');
}

function steps({ result }: ReportItem): string {
  if (result.steps.length === 0) return '';
  const rows = result.steps.map(
    ({ name, step, outcome, durationMs, outputBytes }) =>
      `<li class="${outcome}"><b>${html(name)}</b><span>${step}</span><span>${outcome}</span>` +
      `<span>${milliseconds(durationMs)} ms</span><span>${outputBytes > 0 ? humanBytes(outputBytes) : ''}</span></li>`,
  );
  return `<ol class="steps" aria-label="Steps">${rows.join('')}</ol>`;
}

function details({ result }: ReportItem): string {
  const rows = [
    ['file', result.file],
    ['image id', result.imageId],
    ['SHA-256', result.sha256],
    ['perceptual hash', result.perceptualHash],
    ['ThumbHash', result.thumbHash],
    ...(result.deadLetter ? [['dead letter on', result.deadLetter.topic]] : []),
    ...Object.entries(result.deadLetter?.headers ?? {}),
  ].flatMap(([name, value]) => (value ? [`<dt>${html(name ?? '')}</dt><dd>${html(value)}</dd>`] : []));
  return `<details><summary>${result.deadLetter ? 'Details and dead letter' : 'Details'}</summary><dl>${rows.join('')}</dl></details>`;
}

function card(item: ReportItem): string {
  const { result, links } = item;
  const pictures = result.renditions.map((one, index) => rendition(one, links[index], item));
  const verdict = result.code
    ? `<p class="reason"><code>${html(result.code).replaceAll('_', '_<wbr>')}</code> ${html(result.reason ?? '')}</p>`
    : '';
  const took = `<span>${milliseconds(result.durationMs)} ms</span>`;
  const pipeline = result.pipeline ? `<span>${html(result.pipeline)}</span>` : '';
  return (
    `<article class="${result.outcome}"><header><h2 title="${html(result.file)}">${html(fileName(result.file))}</h2>` +
    `<p>${pipeline}${took}<em>${result.outcome}</em></p></header>${verdict}` +
    `<div class="strip">${original(item)}${pictures.join('')}</div>` +
    `<div class="facts">${swatches(result)}<p>${factsOf(result).map(html).join(' <i>·</i> ')}</p></div>` +
    `${steps(item)}${details(item)}</article>\n`
  );
}

const OUTCOMES = ['processed', 'rejected', 'failed'] as const;

/**
 * The page that `darkroom try` leaves beside the renditions: what came and what was made of it, side by side, dark or light as
 * the reader's system is. Yields it in pieces, so that thousands of images need not fit into memory.
 */
export async function* renderReport(
  results: readonly FileResult[],
  seconds: number,
  itemOf: (result: FileResult) => ReportItem,
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
<header class="top"><h1>Darkroom</h1>
<p>${plural(results.length, 'file')}, ${humanBytes(bytesIn)} in; ${plural(renditions.length, 'rendition')}, ${humanBytes(bytesOut)} out; ${seconds.toFixed(1)} s</p>
<form aria-label="Show">${filters}</form></header>
<main>
`;
  for (const result of results) yield card(itemOf(result));
  yield '</main>\n</body></html>\n';
}
