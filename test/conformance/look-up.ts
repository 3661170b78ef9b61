/** The case itself is wrong: it names what is not there. */
export class CaseError extends Error {}

export function lookUp<F>(table: Readonly<Record<string, F>>, name: string | undefined, kind: string): F {
  const found = name === undefined ? undefined : table[name];
  if (found === undefined) throw new CaseError(`no ${kind} named ${name}`);
  return found;
}
