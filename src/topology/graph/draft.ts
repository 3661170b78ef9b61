import { TopologyError } from '../errors.ts';
import { nameProblem } from './names.ts';
import type { NodeSpec, SourceSpec } from './nodes.ts';
import type { RepartitionTopic } from './topology.ts';

/** A node while the graph is being made: its parents are objects, for two nodes may still have one name. */
export interface DraftNode {
  /** With no parents; they are named when the graph is built. */
  readonly spec: NodeSpec;
  readonly parents: readonly DraftNode[];
}

export interface DraftSource extends DraftNode {
  readonly spec: SourceSpec;
  /** What names the sub-topology: the name that the user gave; absent: the topics do. */
  readonly label?: string | undefined;
  /** What the deserializers came from, to tell whether two reads of one topic agree. */
  readonly serdes: readonly unknown[];
}

/** The graph that DSL calls add to: nothing is checked beyond one call until all are there. */
export class GraphDraft {
  readonly nodes: DraftNode[] = [];
  readonly sources: DraftSource[] = [];
  readonly repartitionTopics: RepartitionTopic[] = [];
  /** Mistakes found so far; `build` reports them with its own. */
  readonly problems: string[] = [];
  #nextIndex = 0;
  #closed = false;

  /** `KSTREAM-MAP-0000000007`: prefix and the builder's running index. */
  generateName(prefix: string): string {
    return `${prefix}${String(this.#nextIndex++).padStart(10, '0')}`;
  }

  /** The given name or a generated one. A given name uses up an index too, as in Kafka Streams. */
  nameOr(as: string | undefined, prefix: string): string {
    const generated = this.generateName(prefix);
    if (as === undefined) return generated;
    this.checkName(as);
    return as;
  }

  checkName(name: string): void {
    const problem = nameProblem(name);
    if (problem) this.problem(`the name given by "as" ${problem}`);
  }

  add(spec: NodeSpec, parents: readonly DraftNode[]): DraftNode {
    this.#assertOpen(spec.name);
    const node = { spec, parents: [...new Set(parents)] };
    this.nodes.push(node);
    return node;
  }

  addSource(
    spec: SourceSpec,
    origin: { readonly label?: string | undefined; readonly serdes: readonly unknown[] },
  ): DraftSource {
    this.#assertOpen(spec.name);
    const node = { spec, parents: [], ...origin };
    this.nodes.push(node);
    this.sources.push(node);
    return node;
  }

  problem(text: string): void {
    this.problems.push(text);
  }

  /** From now on, adding a node is an error: the topology that was built would not have it. */
  close(): void {
    this.#closed = true;
  }

  #assertOpen(name: string): void {
    if (!this.#closed) return;
    throw new TopologyError([
      `node "${name}" is added after build(): the topology that was built does not have it; call build() last`,
    ]);
  }
}
