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
    const { bytes, limits, wishes, kind: _, ...carried } = image;
    const result = await darkroom.develop(bytes, { ...wishes, signal, limits });
    const { focalPoint } = wishes;
    return result.outcome === 'processed'
      ? { kind: 'developed', ...carried, developed: result, ...(focalPoint && { focalPoint }) }
      : { kind: 'refused', ...carried, refused: result };
  };
}
