import type { Probe } from '../../observability/metrics.ts';

interface Probed {
  readonly name: string;
  probes(): readonly Probe[];
}

/** The roles' numbers as one list: what several of them tell is one metric, with the role as a label. */
export function roleProbes(roles: readonly Probed[]): readonly Probe[] {
  const first = new Map(roles.flatMap((role) => role.probes().map((probe) => [probe.name, probe])));
  return [...first.values()].map((probe) => ({
    ...probe,
    labels: ['role', ...(probe.labels ?? [])],
    read: () =>
      roles.flatMap((role) =>
        role
          .probes()
          .filter(({ name }) => name === probe.name)
          .flatMap((found) => found.read())
          .map(({ value, labels }) => ({ value, labels: { role: role.name, ...labels } })),
      ),
  }));
}
