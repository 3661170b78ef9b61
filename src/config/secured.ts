// What the registry, Redis and the warehouse need to be reached, with their passwords and authorities.
import type { Environment } from './environment.ts';
import { VARIABLES as V } from './variables.ts';

export function registry(env: Environment) {
  const url = env.get(V.registryUrl);
  const username = env.get(V.registryUsername);
  const password = env.get(V.registryPassword);
  const token = env.get(V.registryToken);
  const ca = env.get(V.registryCa);
  env.rule(
    [V.registryUsername, V.registryPassword],
    () => env.isSet(V.registryUsername) !== env.isSet(V.registryPassword),
    'SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD must both be set, or neither',
  );
  env.rule(
    [V.registryUsername, V.registryToken],
    () => env.isSet(V.registryUsername) && env.isSet(V.registryToken),
    'SCHEMA_REGISTRY_TOKEN and SCHEMA_REGISTRY_USERNAME must not both be set: the registry takes one of them',
  );
  env.rule(
    [V.registryUrl, V.registryCa],
    () => ca !== undefined && !url.startsWith('https:'),
    'SCHEMA_REGISTRY_CA_FILE would not be used: SCHEMA_REGISTRY_URL must begin with https:// for it',
  );
  return {
    url,
    ...(username && password ? { auth: { username, password } } : {}),
    ...(token ? { token } : {}),
    ...(ca === undefined ? {} : { ca }),
  };
}

export function redis(env: Environment) {
  const url = env.get(V.redisUrl);
  const username = env.get(V.redisUsername);
  const password = env.get(V.redisPassword);
  const ca = env.get(V.redisCa);
  const prefix = env.get(V.redisPrefix);
  const lingerMs = env.get(V.redisLingerMs);
  const inUrl = url === undefined ? undefined : new URL(url);
  env.rule(
    [V.redisUrl, V.redisCa],
    () => ca !== undefined && url !== undefined && !url.startsWith('rediss:'),
    'REDIS_CA_FILE would not be used: REDIS_URL must begin with rediss:// for it',
  );
  env.rule(
    [V.redisUrl, V.redisPassword],
    () => password !== undefined && inUrl !== undefined && inUrl.password !== '',
    'REDIS_PASSWORD is set and REDIS_URL has a password too; leave one of them away',
  );
  env.rule(
    [V.redisUrl, V.redisUsername],
    () => username !== undefined && inUrl !== undefined && inUrl.username !== '',
    'REDIS_USERNAME is set and REDIS_URL has a user too; leave one of them away',
  );
  if (url === undefined) return undefined;
  return {
    url,
    prefix,
    lingerMs,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
  };
}

/** Of libpq's modes those that say what they mean; `prefer` and `allow` would speak in clear without a word. */
const SSL_MODES = ['disable', 'require', 'verify-ca', 'verify-full'];

/** The warehouse's address, ready for the driver; undefined where it is not set. */
export function warehousePlace(env: Environment) {
  const url = env.get(V.warehouseUrl);
  const password = env.get(V.warehousePassword);
  const ca = env.get(V.warehouseCa);
  const parsed = url === undefined ? undefined : new URL(url);
  const mode = parsed?.searchParams.get('sslmode') ?? undefined;
  env.rule(
    [V.warehouseUrl],
    () => mode !== undefined && !SSL_MODES.includes(mode),
    `WAREHOUSE_URL must have an sslmode of ${SSL_MODES.join(', ')}, got ${mode}`,
  );
  env.rule(
    [V.warehouseUrl, V.warehouseCa],
    () => ca !== undefined && mode === 'disable',
    'WAREHOUSE_CA_FILE would not be used: WAREHOUSE_URL must have sslmode=verify-full for it',
  );
  const others = [...(parsed?.searchParams.keys() ?? [])].filter(
    (name) => /^ssl|^uselibpqcompat$/.test(name) && name !== 'sslmode',
  );
  env.rule(
    [V.warehouseUrl],
    () => others.length > 0,
    `WAREHOUSE_URL must not have ${others.join(', ')}: sslmode and WAREHOUSE_CA_FILE say all about TLS`,
  );
  env.rule(
    [V.warehouseUrl, V.warehousePassword],
    () => password !== undefined && parsed !== undefined && parsed.password !== '',
    'WAREHOUSE_PASSWORD is set and WAREHOUSE_URL has a password too; leave one of them away',
  );
  if (url === undefined) return undefined;
  return {
    url,
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
  };
}
