/** `String.hashCode()` of Java. */
function hashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0;
  return hash;
}

/** The order in which a `java.util.HashMap` with the default load factor iterates over these keys, put in one by one. */
export function hashOrder(keys: readonly string[]): string[] {
  let buckets = 16;
  while (keys.length > buckets * 0.75) buckets *= 2;
  const bucket = (key: string) => {
    const hash = hashCode(key);
    return (hash ^ (hash >>> 16)) & (buckets - 1);
  };
  return keys.toSorted((a, b) => bucket(a) - bucket(b)); // stable: one bucket keeps the order of insertion
}

interface TreeNode<T> {
  readonly item: T;
  parent: TreeNode<T> | undefined;
  left: TreeNode<T> | undefined;
  right: TreeNode<T> | undefined;
  red: boolean;
}

type Side = 'left' | 'right';
const other = (side: Side): Side => (side === 'left' ? 'right' : 'left');

/**
 * `java.util.TreeSet`, for insertion and iteration: a red-black tree. With a comparator whose answers change between
 * insertions the order of iteration depends on the tree's shape, so the shape is kept the same.
 */
export class TreeSet<T> implements Iterable<T> {
  readonly #compare: (a: T, b: T) => number;
  #root: TreeNode<T> | undefined;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  /** Does nothing when an equal item is there. */
  add(item: T): void {
    let parent: TreeNode<T> | undefined;
    let side: Side = 'left';
    for (let at = this.#root; at; at = at[side]) {
      const order = this.#compare(item, at.item);
      if (order === 0) return;
      parent = at;
      side = order < 0 ? 'left' : 'right';
    }
    const node: TreeNode<T> = { item, parent, left: undefined, right: undefined, red: true };
    if (parent) parent[side] = node;
    else this.#root = node;
    this.#fixAfterInsertion(node);
  }

  *[Symbol.iterator](): Generator<T> {
    yield* this.#walk(this.#root);
  }

  *#walk(node: TreeNode<T> | undefined): Generator<T> {
    if (!node) return;
    yield* this.#walk(node.left);
    yield node.item;
    yield* this.#walk(node.right);
  }

  #fixAfterInsertion(inserted: TreeNode<T>): void {
    let node = inserted;
    for (let parent = node.parent; parent?.red; parent = node.parent) {
      const grand = parent.parent;
      if (!grand) break;
      const side: Side = parent === grand.left ? 'left' : 'right';
      const uncle = grand[other(side)];
      if (uncle?.red) {
        parent.red = false;
        uncle.red = false;
        grand.red = true;
        node = grand;
        continue;
      }
      if (node === parent[other(side)]) {
        node = parent;
        this.#rotate(node, side);
      }
      if (node.parent) node.parent.red = false;
      grand.red = true;
      this.#rotate(grand, other(side));
    }
    if (this.#root) this.#root.red = false;
  }

  /** Moves `node` down to the given side; its child of the other side takes its place. */
  #rotate(node: TreeNode<T>, side: Side): void {
    const child = node[other(side)];
    if (!child) return;
    node[other(side)] = child[side];
    const inner = child[side];
    if (inner) inner.parent = node;
    child.parent = node.parent;
    if (!node.parent) this.#root = child;
    else if (node.parent.left === node) node.parent.left = child;
    else node.parent.right = child;
    child[side] = node;
    node.parent = child;
  }
}
