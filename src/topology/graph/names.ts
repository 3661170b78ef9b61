const MAX_LENGTH = 249;

/** What is wrong with a node or topic name by Kafka's rule (`Named.validate`, `Topic.validate`), or undefined. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return `"${name}" is not allowed`;
  if (name.length > MAX_LENGTH) return `"${name}" is longer than ${MAX_LENGTH} characters`;
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `"${name}" has characters other than ASCII letters, digits, ".", "_" and "-"`;
  }
  return undefined;
}
