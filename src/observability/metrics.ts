import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What is counted of one image, when its event is committed. */
export interface ImageObservation {
  readonly outcome: string;
  /** Empty when it was processed. */
  readonly code: string;
  readonly type: string;
  readonly source: string;
  readonly durationMs: number;
}

export interface ProbeValue {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A number that somebody else keeps; it is read whenever Prometheus asks. */
export interface Probe {
  readonly name: string;
  readonly help: string;
  /** `counter`: only grows while the process lives. */
  readonly kind: 'counter' | 'gauge';
  readonly labels?: readonly string[];
  read(): readonly ProbeValue[];
}

/** The process' metrics. Names have the prefix `darkroom_` and the unit at their end. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #images: Counter<'outcome' | 'code' | 'type' | 'source'>;
  readonly #durations: Histogram<'outcome'>;

  constructor(probes: readonly Probe[]) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#images = new Counter({
      name: 'darkroom_images_total',
      help: 'Images by how they came out; an image that is processed again after a crash is counted again here',
      labelNames: ['outcome', 'code', 'type', 'source'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'darkroom_image_duration_seconds',
      help: 'From the start of an image to its result, without the upload of its renditions',
      labelNames: ['outcome'],
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    for (const probe of probes) this.#register(probe);
  }

  observeImage({ outcome, code, type, source, durationMs }: ImageObservation): void {
    this.#images.inc({ outcome, code, type, source });
    this.#durations.observe({ outcome }, durationMs / 1000);
  }

  async expose(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #register(probe: Probe): void {
    const options = {
      name: probe.name,
      help: probe.help,
      labelNames: [...(probe.labels ?? [])],
      registers: [this.#registry],
    };
    if (probe.kind === 'gauge') {
      new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const { value, labels } of probe.read()) this.set({ ...labels }, value);
        },
      });
      return;
    }
    new Counter({
      ...options,
      collect() {
        this.reset();
        for (const { value, labels } of probe.read()) this.inc({ ...labels }, value);
      },
    });
  }
}
