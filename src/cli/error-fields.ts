/** What is logged of an error; its stack only for those who ask for details. */
export function errorFields(error: unknown, debug: boolean): object {
  if (!(error instanceof Error)) return { reason: String(error) };
  const code: unknown = Reflect.get(error, 'code');
  return { ...(code ? { code } : {}), reason: error.message, ...(debug ? { err: error } : {}) };
}
