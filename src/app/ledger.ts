import type { ImageProcessed, ReplacedOutcome } from '../serdes/image-processed.generated.ts';
import { jsonSerde } from '../serdes/json-serde.ts';
import {
  type FixedKeyProcessorSupplier,
  type ProcessorContext,
  stringSerde,
  type WindowStore,
  windowStore,
} from '../topology/index.ts';

const DAY_MS = 86_400_000;

/** How long an image is remembered: letters are kept for 30 days, what is tried again for 7, and a segment goes at a time. */
export const LEDGER_RETENTION_MS = 45 * DAY_MS;

/** What the ledger remembers of an image: its last event, and every attempt that led to one. */
interface Entry extends ReplacedOutcome {
  /** Attempt ids; '' is the first attempt, which has none. */
  readonly attempts: readonly string[];
}

/** Image ids with their entries, by the time of the attempt. */
export const ledgerStore = windowStore('ledger', {
  key: stringSerde,
  value: jsonSerde<Entry>(),
  windowSizeMs: 1,
  retentionMs: LEDGER_RETENTION_MS,
});

/**
 * Lets each attempt at an image pass once, however often and on whichever ways the image came, and numbers corrections:
 * a further attempt becomes the next revision, is counted in the time of the first, and names what it replaces.
 */
export function ledger(
  onRepeat: (event: ImageProcessed) => void = () => {},
): FixedKeyProcessorSupplier<string | null, ImageProcessed, ImageProcessed> {
  return () => {
    let store: WindowStore<string | null, Entry>;
    let context: ProcessorContext<string | null, ImageProcessed>;
    return {
      init(given) {
        context = given;
        store = given.getStateStore(ledgerStore);
      },
      process(record) {
        const event = record.value;
        const { eventId, outcome, type, processedAt } = event;
        const attempt = event.attemptId ?? '';
        const row = last(
          store.fetchRange(eventId, processedAt - LEDGER_RETENTION_MS, Number.MAX_SAFE_INTEGER),
        );
        const known = row?.value;
        if (known?.attempts.includes(attempt)) {
          onRepeat(event);
          return;
        }
        const revision = (known?.revision ?? 0) + 1;
        const receivedAt = known?.receivedAt ?? event.receivedAt;
        const attempts = [...(known?.attempts ?? []), attempt];
        // clocks of two instances differ: what was remembered last must stay the last
        const atMs = Math.max(processedAt, row?.key.window.startMs ?? 0);
        store.put(eventId, { revision, outcome, type, receivedAt, attempts }, atMs);
        context.forward({
          ...record,
          value: { ...event, revision, receivedAt, replaces: known ? replaced(known) : null },
        });
      },
    };
  };
}

const replaced = ({ revision, outcome, type, receivedAt }: Entry): ReplacedOutcome => ({
  revision,
  outcome,
  type,
  receivedAt,
});

function last<T>(rows: Iterable<T>): T | undefined {
  let found: T | undefined;
  for (const row of rows) found = row;
  return found;
}
