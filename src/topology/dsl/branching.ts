import type { DraftNode, GraphDraft } from '../graph/draft.ts';
import { nameProblem } from '../graph/names.ts';
import type { Operator } from '../graph/nodes.ts';
import type { ErasedFunction } from './erase.ts';
import type { Named, Predicate } from './functions.ts';
import type { Branched, BranchedKStream, KStream } from './kstream.ts';
import { passThrough } from './operators.ts';

/** Sends a record to the first child whose predicate holds; children beyond the predicates take the rest. */
function firstMatch(predicates: readonly ErasedFunction<boolean>[], children: readonly string[]): Operator {
  return {
    kind: 'pure',
    apply: (record, forward, context) => {
      const match = predicates.findIndex((predicate) => predicate(record.value, record.key, context));
      const child = children[match === -1 ? predicates.length : match];
      if (child !== undefined) forward(record, child);
    },
  };
}

/** The split under construction; `makeStream` makes the stream of a branch's node. */
export class Branching<K, V> implements BranchedKStream<K, V> {
  readonly #draft: GraphDraft;
  readonly #makeStream: (node: DraftNode) => KStream<K, V>;
  readonly #name: string;
  readonly #node: DraftNode;
  readonly #predicates: ErasedFunction<boolean>[] = [];
  readonly #children: string[] = [];
  readonly #streams = new Map<string, KStream<K, V>>();

  constructor(
    draft: GraphDraft,
    parent: DraftNode,
    makeStream: (node: DraftNode) => KStream<K, V>,
    named: Named,
  ) {
    this.#draft = draft;
    this.#makeStream = makeStream;
    this.#name = draft.nameOr(named.as, 'KSTREAM-BRANCH-');
    const operator = firstMatch(this.#predicates, this.#children);
    this.#node = draft.add({ kind: 'processor', name: this.#name, parents: [], operator }, [parent]);
  }

  branch(predicate: Predicate<K, V>, branched: Branched<K, V> = {}): this {
    this.#predicates.push(predicate);
    this.#add(branched, this.#predicates.length);
    return this;
  }

  defaultBranch(branched: Branched<K, V> = {}): ReadonlyMap<string, KStream<K, V>> {
    this.#add(branched, 0);
    return this.#streams;
  }

  noDefaultBranch(): ReadonlyMap<string, KStream<K, V>> {
    return this.#streams;
  }

  /** The node name of a branch. */
  nameOf(branch: string | number): string {
    return `${this.#name}${branch}`;
  }

  #add({ as, consumer }: Branched<K, V>, index: number): void {
    const name = this.nameOf(as ?? index);
    const problem = nameProblem(name);
    if (problem) this.#draft.problem(`split "${this.#name}": the branch name ${problem}`);
    this.#draft.generateName(name); // a branch uses up an index, named or not
    this.#children.push(name);
    const node = this.#draft.add({ kind: 'processor', name, parents: [], operator: passThrough }, [
      this.#node,
    ]);
    const stream = this.#makeStream(node);
    if (consumer) consumer(stream);
    else this.#streams.set(name, stream);
  }
}
