import { resetConfig } from '../config/compile.ts';
import type { RoleName } from '../config/roles.ts';
import { createLogger } from '../observability/logger.ts';
import { countKeys, deleteCounts } from '../sinks/redis-counts.ts';
import { StreamsError } from '../topology/index.ts';
import { ApplicationResets, inTheWay } from '../topology/kafka/reset.ts';
import { applicationIdOf } from './application-id.ts';
import { kafkaSettings } from './kafka-settings.ts';
import type { ResetOptions } from './options.ts';
import { type RoleReset, resetAsText, untouchedBy } from './reset-report.ts';
import { roleTopology } from './role-topology.ts';
import { Failure, type Terminal } from './terminal.ts';

type Config = ReturnType<typeof resetConfig>;

/** Prints what a reset removes, and does it unless it is a dry run. Throws ConfigError, Failure, RESET_REFUSED. */
export async function resetRoles(options: ResetOptions, { env, out }: Terminal): Promise<void> {
  const config = resetConfig(options.roles === undefined ? env : { ...env, ROLES: options.roles });
  const resets = await ApplicationResets.connect(
    kafkaSettings(config.kafka),
    createLogger({ level: 'silent' }),
  );
  try {
    const planned: RoleReset[] = [];
    for (const role of config.roles) planned.push(await plan(role, config, resets));
    if (!options.dryRun) await carryOut(planned, config, resets);
    const done = !options.dryRun;
    out(options.json ? `${JSON.stringify({ done, roles: planned })}\n` : resetAsText(planned, done));
  } finally {
    await resets.close();
  }
}

async function plan(role: RoleName, config: Config, resets: ApplicationResets): Promise<RoleReset> {
  const { topics, stateDir, redis } = config;
  const topology = roleTopology(role, topics);
  if (!topology) return { role, untouched: untouchedBy(role, undefined, undefined, config) };
  if (role === 'counters' && !redis)
    return { role, untouched: ['everything: without REDIS_URL its counts would stay, and count twice'] };
  const found = await resets.plan({ topology, stateDir, applicationId: idOf(role, config) });
  return {
    role,
    plan: found,
    ...(role === 'counters' && redis
      ? { redis: { prefix: redis.prefix, keys: await countKeys(redis) } }
      : {}),
    untouched: untouchedBy(role, topology, found, config),
  };
}

/** All or none begins; what is half done when an error comes is named. */
async function carryOut(
  planned: readonly RoleReset[],
  config: Config,
  resets: ApplicationResets,
): Promise<void> {
  const refusals = planned.flatMap(({ plan }) => (plan && inTheWay(plan)) ?? []);
  if (refusals.length > 0) throw new StreamsError('RESET_REFUSED', 'fail', refusals.join('\n'));
  const { topics, stateDir, redis } = config;
  for (const { role, plan } of planned) {
    const topology = roleTopology(role, topics);
    if (!plan || !topology) continue;
    try {
      await resets.carryOut(plan, { topology, stateDir, applicationId: plan.applicationId });
      if (role === 'counters' && redis) await deleteCounts(redis);
    } catch (error) {
      if (error instanceof StreamsError && error.code === 'RESET_REFUSED') throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Failure(
        `the reset of ${role} did not come to its end: ${reason}\nWhat to do: start no instance of it before \`darkroom reset --roles ${role} ` +
          '--yes` has gone through (it needs the right to Delete the group and its own topics)',
        { cause: error },
      );
    }
  }
}

const idOf = (role: RoleName, { applicationId }: Config) => applicationIdOf(applicationId, role);
