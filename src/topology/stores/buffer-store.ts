import type { MutableBytes } from './bytes.ts';
import type { StateStore } from './types.ts';

/** Ordered bytes, kept and restored like any store: operators lay out their own keys on it. */
export interface BufferStore extends StateStore {
  readonly bytes: MutableBytes;
}

export class BufferRows implements BufferStore {
  readonly name: string;
  readonly type = 'a buffer';
  readonly bytes: MutableBytes;

  constructor(name: string, bytes: MutableBytes) {
    this.name = name;
    this.bytes = bytes;
  }
}
