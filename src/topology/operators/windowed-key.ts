import type { Windowed } from '../stores/types.ts';

/** Keys of windowed tables, as these operators make them. */
export function isWindowed(key: unknown): key is Windowed<unknown> {
  if (typeof key !== 'object' || key === null || !('window' in key)) return false;
  const { window } = key;
  return typeof window === 'object' && window !== null && 'startMs' in window && 'endMs' in window;
}
