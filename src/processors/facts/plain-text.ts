const MAX_CHARACTERS = 500;

/** A text from strangers' metadata on one line: no control characters, cut to 500; undefined when nothing is left. */
export function plainText(text: string): string | undefined {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line === ''
    ? undefined
    : line
        .toWellFormed()
        .slice(0, MAX_CHARACTERS)
        .replace(/[\ud800-\udbff]$/, '');
}
