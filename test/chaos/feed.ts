import { setTimeout as delay } from 'node:timers/promises';
import type { SteadyProducer } from './steady-producer.ts';
import { type Event, topicsOf, WINDOW_MS } from './topology.ts';

const KEYS = 40;
const GROUPS = 12;
const LEFT_EACH_TURN = 8;
const RIGHT_EACH_TURN = 4;
const TURN_MS = 50;
/** Of the records' own time, which is about now, or brokers would delete them; they come in another order than it has. */
const STEP_MS = 20;
const DISORDER_MS = 2_000;

/**
 * Writes events to both inputs, steadily, until it is told to stop. Which events it writes is the seed's; those of a send that
 * failed are written or not, which the oracle sees in the topics, and are not written again.
 */
export class Feed {
  readonly #producer: SteadyProducer;
  readonly #topics: ReturnType<typeof topicsOf>;
  readonly #random: () => number;
  readonly #firstMs = Math.floor(Date.now() / WINDOW_MS) * WINDOW_MS;
  #next = 0;

  constructor(producer: SteadyProducer, run: string, random: () => number) {
    this.#producer = producer;
    this.#topics = topicsOf(run);
    this.#random = random;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#send(
        Array.from({ length: LEFT_EACH_TURN }, () => this.#event()),
        Array.from({ length: RIGHT_EACH_TURN }, () => this.#event()),
      );
      await delay(TURN_MS);
    }
  }

  /** One more event for each key in each window there was: what comes of it tells what the stores hold. */
  async probe(): Promise<void> {
    const endMs = this.#firstMs + this.#next * STEP_MS;
    const events = (): [string, Event][] => {
      const all: [string, Event][] = [];
      for (let atMs = this.#firstMs; atMs < endMs; atMs += WINDOW_MS) {
        for (let key = 0; key < KEYS; key++)
          all.push([`key-${key}`, this.#eventAt(atMs + Math.floor(this.#random() * WINDOW_MS))]);
      }
      return all;
    };
    while (!(await this.#send(events(), [])));
  }

  #event(): [string, Event] {
    const atMs = this.#firstMs + this.#next * STEP_MS + Math.floor(this.#random() * DISORDER_MS);
    return [`key-${Math.floor(this.#random() * KEYS)}`, this.#eventAt(atMs)];
  }

  #eventAt(atMs: number): Event {
    return { id: this.#next++, group: `group-${Math.floor(this.#random() * GROUPS)}`, atMs };
  }

  #send(left: readonly [string, Event][], right: readonly [string, Event][]): Promise<boolean> {
    const messages = (events: readonly [string, Event][]) =>
      events.map(([key, event]) => ({ key, value: JSON.stringify(event), timestamp: String(event.atMs) }));
    return this.#producer.send(
      [
        { topic: this.#topics.left, messages: messages(left) },
        { topic: this.#topics.right, messages: messages(right) },
      ].filter((topic) => topic.messages.length > 0),
    );
  }
}
