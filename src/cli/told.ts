import type { StepReport } from '../processors/index.ts';
import type { Darkroom, Developed, Refused, Rendition } from '../processors/types.ts';

/** What the processors tell of an image beyond its event. */
export interface MoreTold {
  readonly steps: readonly StepReport[];
  /** By the rendition's name. */
  readonly qualities: ReadonlyMap<string, Pick<Rendition, 'quality' | 'similarity'>>;
}

const NOTHING: MoreTold = { steps: [], qualities: new Map() };

/** Listens to a darkroom, and remembers what it tells of an image for as long as its bytes are there. */
export class Told implements Pick<Darkroom, 'develop'> {
  readonly #darkroom: Pick<Darkroom, 'develop'>;
  readonly #told = new WeakMap<Buffer, MoreTold>();

  constructor(darkroom: Pick<Darkroom, 'develop'>) {
    this.#darkroom = darkroom;
  }

  readonly develop: Darkroom['develop'] = async (bytes, options) => {
    const result = await this.#darkroom.develop(bytes, options);
    this.#told.set(bytes, moreOf(result));
    return result;
  };

  of(bytes: Buffer): MoreTold {
    return this.#told.get(bytes) ?? NOTHING;
  }
}

function moreOf(result: Developed | Refused): MoreTold {
  const renditions = result.outcome === 'processed' ? result.renditions : [];
  return {
    steps: result.steps ?? [],
    qualities: new Map(
      renditions.map(({ name, quality, similarity }) => [
        name,
        { ...(quality !== undefined && { quality }), ...(similarity !== undefined && { similarity }) },
      ]),
    ),
  };
}
