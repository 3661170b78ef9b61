import type { StartConfig } from '../config/compile.ts';
import { type Health, startHealthServer } from '../observability/http-server.ts';
import { createLogger, type Logger } from '../observability/logger.ts';
import { Metrics } from '../observability/metrics.ts';
import { errorFields } from './error-fields.ts';
import { makeRole } from './roles/index.ts';
import type { RoleContext } from './roles/role.ts';
import { roleProbes } from './roles/role-probes.ts';
import { SupervisedRole } from './roles/supervised-role.ts';
import { stopped } from './stopped.ts';

const CAUSES_POLL_MS = 1_000;

/** Runs until `stop` fires, and ends in order then; throws what keeps it from starting or from going on. */
export async function runService(config: StartConfig, stop: AbortSignal): Promise<void> {
  const logger = createLogger({ level: config.logLevel });
  const roles: SupervisedRole[] = [];
  try {
    const context: RoleContext = { config, logger, observeImage: (image) => metrics.observeImage(image) };
    for (const name of config.roles) {
      const own = logger.child({ role: name });
      roles.push(new SupervisedRole(name, () => makeRole(name, { ...context, logger: own }), own));
    }
    const metrics = new Metrics(roleProbes(roles));
    const server = await startHealthServer({
      ...config.http,
      health: () => healthOf(roles, stop),
      metrics: () => metrics.expose(),
    });
    const poll = setInterval(logCauses(logger, roles), CAUSES_POLL_MS);
    try {
      await runRoles(roles, config, { logger, http: server.url, stop });
      logger.info({ signal: String(stop.reason), graceMs: config.shutdownGraceMs }, 'ending');
    } finally {
      clearInterval(poll);
      await Promise.all(roles.splice(0).map((role) => role.close(config.shutdownGraceMs)));
      await server.close();
    }
    logger.info({}, 'ended');
  } catch (error) {
    logger.error(errorFields(error, logger.isLevelEnabled('debug')), 'stopped by an error');
    throw error;
  } finally {
    await Promise.all(roles.map((role) => role.close(config.shutdownGraceMs)));
  }
}

/** Resolves when `stop` fires. */
async function runRoles(
  roles: readonly SupervisedRole[],
  { engine }: StartConfig,
  { logger, http, stop }: { readonly logger: Logger; readonly http: string; readonly stop: AbortSignal },
): Promise<void> {
  const names = roles.map(({ name }) => name);
  const facts = { http, roles: names, application: engine.applicationId, guarantee: engine.guarantee };
  logger.info(facts, 'starting');
  const started = Promise.all(roles.map((role) => role.start(stop)));
  started.catch(() => {}); // seen here unless the stop comes first
  await Promise.race([started, stopped(stop)]);
  if (stop.aborted) return;
  logger.info(facts, 'ready');
  const [only, ...others] = roles;
  // one role alone is its process: whoever started that one starts it again
  if (only && others.length === 0) await Promise.race([only.failed(), stopped(stop)]);
  else await Promise.all(roles.map((role) => role.keep(stop)));
}

function healthOf(roles: readonly SupervisedRole[], stop: AbortSignal): Health {
  const each = roles.map((role) => ({ role: role.name, ...role.health() }));
  const ready = !stop.aborted && each.every((role) => role.ready);
  const causes = each.flatMap(({ role, causes }) => causes.map((cause) => `${role}: ${cause}`));
  return { live: true, ready, state: stop.aborted ? 'ENDING' : ready ? 'RUNNING' : 'NOT_READY', causes };
}

/** Says once when something keeps a role from its work, and once when all is well again. */
function logCauses(logger: Logger, roles: readonly SupervisedRole[]): () => void {
  const known = new Map<string, ReadonlySet<string>>();
  return () => {
    for (const role of roles) {
      const { ready, causes } = role.health();
      const before = known.get(role.name) ?? new Set();
      const now = new Map(
        causes.filter((cause) => !PASSING.test(cause)).map((cause) => [kindOf(cause), cause]),
      );
      const news = [...now].flatMap(([kind, cause]) => (before.has(kind) ? [] : [cause]));
      if (news.length > 0)
        logger.warn({ role: role.name, causes: news }, 'something keeps the role from its work');
      if (ready && before.size > 0 && now.size === 0)
        logger.info({ role: role.name }, 'the role does its work again');
      // a cause counts as over when the role is ready: some come and go meanwhile
      known.set(role.name, new Set(ready ? now.keys() : [...before, ...now.keys()]));
    }
  };
}

/** What every start and rebalance goes through. */
const PASSING = /^(state |is starting)/;

/** A cause without what changes while it lasts: numbers, times and the last error's words. */
const kindOf = (cause: string): string => cause.replace(/:.*/s, '').replace(/\d+/g, '');
