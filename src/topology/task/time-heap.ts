/**
 * A heap by time. Items of one time come out in the order in which Java's PriorityQueue gives them, for Kafka Streams takes
 * its next partition and its next punctuation from one.
 */
export class TimeHeap<T> {
  readonly #timeOf: (item: T) => number;
  readonly #items: T[] = [];

  constructor(timeOf: (item: T) => number) {
    this.#timeOf = timeOf;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    const time = this.#timeOf(item);
    let at = this.#items.length;
    while (at > 0) {
      const parentAt = (at - 1) >>> 1;
      const parent = this.#items[parentAt];
      if (parent === undefined || time >= this.#timeOf(parent)) break;
      this.#items[at] = parent;
      at = parentAt;
    }
    this.#items[at] = item;
  }

  poll(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#siftDown(last);
    return first;
  }

  clear(): void {
    this.#items.length = 0;
  }

  /** Puts the item in the root's place and lets it sink. */
  #siftDown(item: T): void {
    const items = this.#items;
    const time = this.#timeOf(item);
    let at = 0;
    while (at < items.length >>> 1) {
      let childAt = 2 * at + 1;
      let child = items[childAt];
      const right = items[childAt + 1];
      if (child === undefined) break;
      if (right !== undefined && this.#timeOf(child) > this.#timeOf(right)) {
        child = right;
        childAt++;
      }
      if (time <= this.#timeOf(child)) break;
      items[at] = child;
      at = childAt;
    }
    items[at] = item;
  }
}
