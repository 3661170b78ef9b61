const BYTE_ORDER_MARK = '\ufeff';

/** What a value in JSON says, with or without a byte order mark before it; undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}
