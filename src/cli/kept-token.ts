/** A token and when it expires, ms since the epoch. */
export interface Token {
  readonly value: string;
  readonly expiresAtMs: number;
}

/** A token is used for this part of its life: a new connection must not begin with one that ends meanwhile. */
const USED_PART = 0.8;

/** Gets tokens, each kept for most of its life, and asks once for all who wait. */
export function keptToken(get: () => Promise<Token>, nowMs: () => number = Date.now): () => Promise<string> {
  let kept: { readonly value: string; readonly untilMs: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async () => {
    const askedAtMs = nowMs();
    const { value, expiresAtMs } = await get();
    kept = { value, untilMs: askedAtMs + (expiresAtMs - askedAtMs) * USED_PART };
    return value;
  };
  return async () => {
    if (kept && nowMs() < kept.untilMs) return kept.value;
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
