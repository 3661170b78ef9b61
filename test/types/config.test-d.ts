import {
  type DarkroomConfig,
  defineConfig,
  type RenditionConfig,
  type StepConfig,
} from '../../src/config/file/define-config.ts';

defineConfig({
  defaultPipeline: 'shop',
  pipelines: {
    shop: {
      version: 1,
      steps: [
        { step: 'module', path: './a.mjs', timeout: '5s' },
        { step: 'http', url: 'https://a.example', secretHeaders: { authorization: 'TOKEN' }, memory: 1024 },
      ],
      renditions: {
        thumb: { width: 100, height: 100, fit: 'cover', position: 'attention', format: 'best' },
        small: { quality: { maxBytes: '200KiB' }, background: '#ffffff', pad: { top: 3 } },
        alike: { quality: { similarity: 0.98 }, watermark: { text: 'a', tiled: true } },
      },
    },
    listed: { version: 2, renditions: [{ name: 'a', quality: 80 }] },
  },
});

const rendition = (config: RenditionConfig): DarkroomConfig =>
  defineConfig({ pipelines: { a: { version: 1, renditions: { t: config } } } });

// @ts-expect-error a misspelt option
rendition({ widht: 100 });
// @ts-expect-error a number in words
rendition({ width: '100' });
// @ts-expect-error a fit that there is not
rendition({ fit: 'crop' });
// @ts-expect-error a format that there is not
rendition({ format: 'jpg' });
// @ts-expect-error a size without a known unit
rendition({ quality: { maxBytes: '200KB' } });
// @ts-expect-error a misspelt option inside of an option
rendition({ watermark: { text: 'a', opaque: 1 } });
// @ts-expect-error a place that there is not
rendition({ position: 'top' });
// @ts-expect-error without a version
defineConfig({ pipelines: { a: { renditions: { t: {} } } } });
// @ts-expect-error without renditions
defineConfig({ pipelines: { a: { version: 1 } } });
// @ts-expect-error a list whose renditions have no names
defineConfig({ pipelines: { a: { version: 1, renditions: [{ width: 1 }] } } });
// @ts-expect-error no such option of the file
defineConfig({ pipelines: {}, pipeline: 'a' });

const step = (config: StepConfig): DarkroomConfig =>
  defineConfig({ pipelines: { a: { version: 1, steps: [config], renditions: { t: {} } } } });

// @ts-expect-error no such kind of step
step({ step: 'shell', path: 'a' });
// @ts-expect-error a duration without a unit
step({ step: 'module', path: 'a', timeout: 5 });
// @ts-expect-error an option of another kind of step
step({ step: 'module', path: 'a', args: [] });
