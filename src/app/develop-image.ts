import type { AsyncContext } from '../topology/index.ts';
import type { DevelopDeps } from './deps.ts';
import type { DevelopedImage, FetchedImage, RefusedImage } from './images.ts';

/** Makes the renditions. The fetched bytes end here: what comes after needs the renditions, a letter only the record. */
export function developImage({ darkroom }: Pick<DevelopDeps, 'darkroom'>) {
  return async (
    image: FetchedImage | RefusedImage,
    _key: unknown,
    { signal }: AsyncContext,
  ): Promise<DevelopedImage | RefusedImage> => {
    if (image.kind === 'refused') return image;
    const { identity, original } = image;
    const result = await darkroom.develop(image.bytes, { signal });
    return result.outcome === 'processed'
      ? { kind: 'developed', identity, original, developed: result }
      : { kind: 'refused', identity, original, refused: result };
  };
}
