import type { DraftNode, DraftSource, GraphDraft } from '../graph/draft.ts';
import type { StoreBuilder } from '../graph/nodes.ts';
import type { TableView } from '../operators/types.ts';
import type { TimestampedKeyValueStore } from '../stores/types.ts';
import type { Serdes } from './serdes.ts';

/** Under these symbols streams and tables keep what other operators of the DSL need of them. */
export const streamEnd: unique symbol = Symbol('stream end');
export const tableEnd: unique symbol = Symbol('table end');
export const globalTableEnd: unique symbol = Symbol('global table end');

/** Where a stream ends in the graph: what operators go on from. */
export interface StreamEnd {
  readonly draft: GraphDraft;
  readonly node: DraftNode;
  readonly serdes: Serdes;
  /** The sources of its records in its sub-topology. */
  readonly sources: readonly DraftSource[];
  /** Whether the key may have changed since the records' last topic: groupings and joins go through a topic then. */
  readonly keyChanged: boolean;
}

/** How the rows of a table are kept or computed. */
interface Rows {
  /** Where its rows can be read. A table that could do without a store keeps its rows from then on. */
  view(): TableView;
  /**
   * Asks for old values in its changes. Returns whether they will be there; without `force` they are not when it would take
   * a store that nothing else needs.
   */
  sendOldValues(force: boolean): boolean;
}

/** Where a table ends in the graph; its records hold `Change`s. */
export interface TableEnd extends Rows {
  readonly draft: GraphDraft;
  readonly node: DraftNode;
  readonly serdes: Serdes;
  readonly sources: readonly DraftSource[];
  /** The name that the user gave the store. */
  readonly queryableStoreName: string | undefined;
}

/** A table that every instance holds whole: read by its store, which no processor is connected to. */
export interface GlobalTableEnd {
  readonly draft: GraphDraft;
  readonly serdes: Serdes;
  readonly store: StoreBuilder<TimestampedKeyValueStore<unknown, unknown>>;
}

/** Remembers that old values were asked for once. */
export function makeTableEnd(options: TableEnd): TableEnd {
  let sending = false;
  return {
    ...options,
    view: () => options.view(),
    sendOldValues(force) {
      if (!sending) sending = options.sendOldValues(force);
      return sending;
    },
  };
}

const isStream = (it: object): it is { readonly [streamEnd]: StreamEnd } => streamEnd in it;
const isTable = (it: object): it is { readonly [tableEnd]: TableEnd } => tableEnd in it;
const isGlobalTable = (it: object): it is { readonly [globalTableEnd]: GlobalTableEnd } =>
  globalTableEnd in it;

const ofBuilder = <E extends { readonly draft: GraphDraft }>(draft: GraphDraft, found: E) =>
  found.draft === draft ? found : undefined;

/** The end of a stream of this builder; undefined for one of another builder, or of another make. */
export const streamOf = (draft: GraphDraft, it: object) =>
  isStream(it) ? ofBuilder(draft, it[streamEnd]) : undefined;

/** The end of a table of this builder; undefined for one of another builder, or of another make. */
export const tableOf = (draft: GraphDraft, it: object) =>
  isTable(it) ? ofBuilder(draft, it[tableEnd]) : undefined;

/** The end of a global table of this builder; undefined for one of another builder, or of another make. */
export const globalTableOf = (draft: GraphDraft, it: object) =>
  isGlobalTable(it) ? ofBuilder(draft, it[globalTableEnd]) : undefined;
