/** Something a user can mend; the message says what and how, and is shown without its stack. */
export class StackError extends Error {
  override name = 'StackError';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
