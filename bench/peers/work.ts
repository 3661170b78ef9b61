// The same work for the engine and for its peers. Stateless: keep nine of ten records, change one byte of each. Windowed
// count: records by key and minute of their time.
export const WINDOW_MS = 60_000;

export const keep = (value: Buffer | null): boolean => value !== null && value[0] !== 0x30;

export function change(value: Buffer | null): Buffer | null {
  if (value === null) return null;
  const changed = Buffer.from(value);
  changed[0] = 0x2a;
  return changed;
}

export function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
}

export function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
