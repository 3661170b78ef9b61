import { aclsConfig } from '../config/compile.ts';
import type { Acl } from '../topology/kafka/acls.ts';
import type { AclsOptions } from './options.ts';
import { roleAcls } from './role-acls.ts';
import type { Terminal } from './terminal.ts';

const NOBODY = 'User:darkroom';

/** Prints what the roles need. Throws ConfigError. */
export function printAcls({ roles, principal, format }: AclsOptions, { env, out }: Terminal): void {
  const config = aclsConfig(roles === undefined ? env : { ...env, ROLES: roles });
  const who = principal ?? (config.username === undefined ? NOBODY : `User:${config.username}`);
  const each = config.roles.map((role) => ({ role, acls: roleAcls(role, config) }));
  switch (format) {
    case 'text':
      out(each.map(({ role, acls }) => `${role}\n${tableOf(acls)}`).join('\n'));
      return;
    case 'commands':
      out(
        `${COMMENT}${each.map(({ role, acls }) => `# ${role}\n${commandsOf(acls, who, config.brokers)}`).join('')}`,
      );
      return;
    case 'json':
      out(
        `${JSON.stringify(
          each.flatMap(({ role, acls }) => acls.map((acl) => ({ role, principal: who, ...acl }))),
          null,
          2,
        )}\n`,
      );
  }
}

const COMMENT = '# admin.properties: how somebody reaches the brokers who may grant rights\n';

function tableOf(acls: readonly Acl[]): string {
  if (acls.length === 0) return '  does not use Kafka\n';
  const rows = acls.map(({ resource, name, pattern, operations, why }) => [
    resource,
    pattern === 'prefixed' ? `${name}*` : name,
    operations.join(', '),
    why,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `  ${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function commandsOf(acls: readonly Acl[], principal: string, brokers: readonly string[] | undefined): string {
  const to = `kafka-acls.sh --bootstrap-server ${brokers?.join(',') ?? '<brokers>'} --command-config admin.properties`;
  return acls
    .map(({ resource, name, pattern, operations }) => {
      const rights = operations.map((operation) => `--operation ${operation}`).join(' ');
      const what = resource === 'cluster' ? '--cluster' : `--${resource} '${name}'`;
      const which = pattern === 'prefixed' ? ' --resource-pattern-type prefixed' : '';
      return `${to} --add --allow-principal '${principal}' ${rights} ${what}${which}\n`;
    })
    .join('');
}
