import type { RoleName } from '../../config/roles.ts';
import { LoadRole } from '../../warehouse/load-role.ts';
import { countersRole } from './counters.ts';
import { countsRole } from './counts.ts';
import { developRole } from './develop.ts';
import { intakeRole } from './intake.ts';
import type { Role, RoleContext } from './role.ts';
import { warehouseRole } from './warehouse.ts';

/** Makes a role; it opens nothing before its start. */
export function makeRole(name: RoleName, context: RoleContext): Role {
  const { intake, firehose, redis, load } = context.config;
  switch (name) {
    case 'develop':
      return developRole(context);
    case 'intake':
      return intakeRole(context, settled(intake, name));
    case 'warehouse':
      return warehouseRole(context, settled(firehose, name));
    case 'counters':
      return countersRole(context, settled(redis, name));
    case 'counts':
      return countsRole(context);
    case 'load':
      return new LoadRole({ ...settled(load, name), logger: context.logger });
    default:
      throw new Error(`there is no role ${name satisfies never}`);
  }
}

/** The settings of a role, which the configuration has demanded where the role is asked for. */
function settled<T>(settings: T | undefined, name: RoleName): T {
  if (settings === undefined) throw new Error(`the role ${name} has no settings`);
  return settings;
}
