/** What the store holds under a key after a `put`. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** False when an equal object was there already (a repeat); its facts are reported then. */
  readonly created: boolean;
}

/** Where renditions and large dead letters go: S3, or a folder for `darkroom try` and tests. */
export interface ObjectStore {
  /**
   * Resolves when the object is durable. Idempotent: a key that exists is not written again, and *that object's* facts are
   * reported. Retries with backoff and jitter for as long as it takes; rejects only when `signal` fires or the error cannot
   * heal by waiting (no such bucket, access denied), with a StreamsError that says what to do.
   */
  put(
    key: string,
    body: Buffer,
    options: { readonly contentType: string; readonly signal?: AbortSignal },
  ): Promise<StoredObject>;
  /** Undefined while all is well, else why the store is not to be reached and since when (ms since the epoch). */
  trouble(): { readonly reason: string; readonly sinceMs: number } | undefined;
  close(): Promise<void>;
}
