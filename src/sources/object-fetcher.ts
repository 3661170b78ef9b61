import type { ObjectReference } from './arrival.ts';

/** What a fetch found; `size-differs` when the object is not of the expected size: its body was not read then. */
type Fetched =
  | {
      readonly found: 'object';
      readonly body: Buffer;
      /** The uploader's own, names in lower case without `x-amz-meta-`. */
      readonly metadata?: Readonly<Record<string, string>>;
    }
  | { readonly found: 'nothing' }
  | { readonly found: 'size-differs'; readonly bytes: number };

/**
 * Reads images that are referred to. Both retry, with backoff and jitter, for as long as the store is away; they reject only
 * when `signal` fires or the error cannot heal by waiting.
 */
export interface ObjectFetcher {
  /** The object's size and version now; undefined when there is none. */
  head(
    reference: ObjectReference,
    options: { readonly signal?: AbortSignal },
  ): Promise<{ readonly bytes: number; readonly versionId?: string } | undefined>;
  /** Never holds more than `expectedBytes`, which the caller has made room for. */
  get(
    reference: ObjectReference,
    options: { readonly expectedBytes: number; readonly signal?: AbortSignal },
  ): Promise<Fetched>;
}
