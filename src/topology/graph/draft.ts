import { TopologyError } from '../errors.ts';
import type { StoreSpec } from '../stores/bytes.ts';
import { nameProblem } from './names.ts';
import type { GlobalTableSpec, NodeSpec, SourceSpec } from './nodes.ts';
import type { RepartitionTopic } from './topology.ts';

/** A node while the graph is being made: its parents are objects, for two nodes may still have one name. */
export interface DraftNode {
  /** With no parents and no stores; they are named when the graph is built. */
  readonly spec: NodeSpec;
  readonly parents: readonly DraftNode[];
  /** Asked when the graph is built: a table keeps its rows only if something further down reads them. */
  readonly stores: () => readonly string[];
  /** A join that has results for records without a key: repartitions above it let them through. */
  readonly keepsNullKeys: boolean;
  /** Placed after these too, though they feed others: a join is one step of the topology for both of its sides. */
  readonly waitsFor: readonly DraftNode[];
  /** A windowed aggregation: how long after its end a window closes, ms of stream time. */
  readonly closesAfterMs?: number | undefined;
}

export interface DraftSource extends DraftNode {
  readonly spec: SourceSpec;
  /** What names the sub-topology: the name that the user gave; absent: the topics do. */
  readonly label?: string | undefined;
  /** What the deserializers came from, to tell whether two reads of one topic agree. */
  readonly serdes: readonly unknown[];
  /** Whether another such source of the same topics can be read by this node; tables have their own. */
  readonly shared: boolean;
}

export interface DraftGlobalTable {
  readonly table: GlobalTableSpec;
}

export interface DraftStore {
  readonly spec: StoreSpec;
  /** Asked when the graph is built. */
  readonly wanted: () => boolean;
  /** How many nodes were there before it: the first after them that has it brings it into the topology. */
  readonly nodesBefore: number;
}

/** What has a place in the topology; of stores those that no node brings. */
type DraftEntry = DraftNode | DraftGlobalTable | DraftStore;

/** A topic of the application's own with the nodes around it. */
export interface DraftRepartition {
  readonly topic: RepartitionTopic;
  /** Before the topic, the sink last. */
  readonly before: readonly DraftNode[];
  readonly source: DraftSource;
  /** Says at build time whether records without a key may pass. */
  readonly letNullKeysPass: () => void;
}

export interface NodeOptions {
  readonly stores?: (() => readonly string[]) | undefined;
  readonly keepsNullKeys?: boolean;
  readonly waitsFor?: readonly DraftNode[];
  readonly closesAfterMs?: number | undefined;
}

const noStores = () => [];

export const isDraftNode = (entry: DraftEntry): entry is DraftNode => 'parents' in entry;

/** The graph that DSL calls add to: nothing is checked beyond one call until all are there. */
export class GraphDraft {
  readonly nodes: DraftNode[] = [];
  readonly sources: DraftSource[] = [];
  readonly globalTables: DraftGlobalTable[] = [];
  readonly stores: DraftStore[] = [];
  readonly repartitions: DraftRepartition[] = [];
  /** Sources whose records of one key must meet in one task. */
  readonly copartitioned: (readonly DraftSource[])[] = [];
  /** Mistakes found so far; `build` reports them with its own. */
  readonly problems: string[] = [];
  /** Results of closed windows and unmatched joins are looked for at most once in so many ms of wall clock. */
  readonly emitIntervalMs: number;
  readonly #order = new Map<DraftEntry, number>();
  #nextOrder = 0;
  #nextIndex = 0;
  #closed = false;

  constructor(options: { readonly emitIntervalMs: number }) {
    this.emitIntervalMs = options.emitIntervalMs;
  }

  /** `KSTREAM-MAP-0000000007`: prefix and the builder's running index. */
  generateName(prefix: string): string {
    return `${prefix}${String(this.#nextIndex++).padStart(10, '0')}`;
  }

  /** `KSTREAM-REDUCE-STATE-STORE-0000000002` */
  generateStoreName(prefix: string): string {
    return this.generateName(`${prefix}STATE-STORE-`);
  }

  /** The given name or a generated one. A given name uses up an index too, as in Kafka Streams. */
  nameOr(as: string | undefined, prefix: string): string {
    const generated = this.generateName(prefix);
    if (as === undefined) return generated;
    this.checkName(as);
    return as;
  }

  /** A name made of the given one and a suffix, or a generated one; uses up an index either way. */
  suffixedNameOr(as: string | undefined, suffix: string, prefix: string): string {
    const generated = this.generateName(prefix);
    return as === undefined ? generated : `${as}${suffix}`;
  }

  checkName(name: string): void {
    const problem = nameProblem(name);
    if (problem) this.problem(`the name given by "as" ${problem}`);
  }

  add(spec: NodeSpec, parents: readonly DraftNode[], options: NodeOptions = {}): DraftNode {
    const { stores = noStores, keepsNullKeys = false, waitsFor = [], closesAfterMs } = options;
    return this.#place(spec.name, {
      spec,
      parents: [...new Set(parents)],
      stores,
      keepsNullKeys,
      waitsFor,
      closesAfterMs,
    });
  }

  addSource(
    spec: SourceSpec,
    origin: {
      readonly label?: string | undefined;
      readonly serdes: readonly unknown[];
      readonly shared?: boolean;
    },
  ): DraftSource {
    const bare = { spec, parents: [], stores: noStores, keepsNullKeys: false, waitsFor: [], shared: false };
    const node = this.#place(spec.name, { ...bare, ...origin });
    this.sources.push(node);
    return node;
  }

  addGlobalTable(table: GlobalTableSpec): void {
    this.#assertOpen(table.processor.name);
    const entry = { table };
    this.globalTables.push(entry);
    this.#order.set(entry, this.#nextOrder++);
  }

  /** A store of the topology; whoever reads or writes it names it. One object may be added several times. */
  addStore(spec: StoreSpec, wanted: () => boolean = () => true): void {
    this.#keepStore(spec, wanted);
  }

  /** A store that the user adds: it has a place of its own, and what has it must come behind. */
  placeStore(spec: StoreSpec): void {
    this.#order.set(
      this.#keepStore(spec, () => true),
      this.#nextOrder++,
    );
  }

  addRepartition(repartition: DraftRepartition): void {
    this.repartitions.push(repartition);
  }

  /** Kafka Streams writes a repartition that a second aggregation shares in the place of the latest call. */
  moveToEnd(repartition: DraftRepartition): void {
    for (const node of [...repartition.before, repartition.source]) this.#order.set(node, this.#nextOrder++);
  }

  /** What a node is fed by, also through the application's own topics. */
  parentsOf(node: DraftNode): readonly DraftNode[] {
    const repartition = this.repartitions.find(({ source }) => source === node);
    return repartition?.before[0]?.parents ?? node.parents;
  }

  copartition(sources: readonly DraftSource[]): void {
    this.copartitioned.push([...new Set(sources)]);
  }

  problem(text: string): void {
    this.problems.push(text);
  }

  /** From now on, adding a node is an error: the topology that was built would not have it. */
  close(): void {
    this.#closed = true;
  }

  /** Everything in the order in which it enters the topology: that of the calls, parents before children. */
  inOrder(): DraftEntry[] {
    const waiting = [...this.#order].toSorted(([, a], [, b]) => a - b).map(([entry]) => entry);
    const placed = new Set<DraftEntry>();
    while (waiting.length > 0) {
      const next = waiting.findIndex(
        (entry) =>
          !isDraftNode(entry) || [...entry.parents, ...entry.waitsFor].every((one) => placed.has(one)),
      );
      const [entry] = waiting.splice(Math.max(next, 0), 1);
      if (entry) placed.add(entry);
    }
    return [...placed];
  }

  #keepStore(spec: StoreSpec, wanted: () => boolean): DraftStore {
    this.#assertOpen(spec.name);
    const store = { spec, wanted, nodesBefore: this.nodes.length };
    this.stores.push(store);
    return store;
  }

  #place<N extends DraftNode>(name: string, node: N): N {
    this.#assertOpen(name);
    this.nodes.push(node);
    this.#order.set(node, this.#nextOrder++);
    return node;
  }

  #assertOpen(name: string): void {
    if (!this.#closed) return;
    throw new TopologyError([
      `node "${name}" is added after build(): the topology that was built does not have it; call build() last`,
    ]);
  }
}
