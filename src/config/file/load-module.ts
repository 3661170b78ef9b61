import { registerHooks } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';

const PACKAGE = 'darkroom-streams/config';

/**
 * The default export of an ES module, JavaScript or TypeScript. `darkroom-streams/config` means this very package, also
 * where the file lies apart from any node_modules: in a container, or beside a global installation. Throws what the module
 * throws.
 */
export async function loadModule(path: string): Promise<unknown> {
  const own = new URL(`./define-config${extname(import.meta.url)}`, import.meta.url).href;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === PACKAGE ? { url: own, shortCircuit: true } : next(specifier, context),
  });
  try {
    const loaded: { default?: unknown } = await import(pathToFileURL(path).href);
    return loaded.default;
  } finally {
    hooks.deregister();
  }
}
