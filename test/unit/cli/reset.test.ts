import { describe, expect, it } from 'vitest';
import { type RoleReset, resetAsText, untouchedBy } from '../../../src/cli/reset-report.ts';
import { roleTopology } from '../../../src/cli/role-topology.ts';
import { topologyConfig } from '../../../src/config/compile.ts';
import { ROLES } from '../../../src/config/roles.ts';
import { inTheWay, ownTopics, type ResetPlan } from '../../../src/topology/kafka/reset.ts';
import { darkroom } from './command-line.ts';

const { topics } = topologyConfig({ TOPIC_STATS: 'outcomes' });
const plan: ResetPlan = {
  applicationId: 'photos-counts',
  members: [],
  group: true,
  offsets: [{ topic: 'outcomes', partitions: 6 }],
  topics: ['photos-counts-minutes-changelog'],
  folders: [{ path: '/state/photos-counts/by-customer_0', held: false }],
  otherTopics: ['photos-counts-hours-changelog'],
};
const member = { memberId: 'darkroom-1', clientId: 'darkroom', host: '10.0.0.7' };

describe('what a reset removes', () => {
  it.each(ROLES)('of the role %s are the topics that its own topology makes, and no other', (role) => {
    const topology = roleTopology(role, topics);
    const own = topology ? ownTopics(topology, `photos-${role}`) : [];
    const made = topology?.repartitionTopics.length ?? 0;
    const logged = topology?.subTopologies.flatMap((sub) => sub.stores.filter((store) => store.logged)) ?? [];
    expect(own).toHaveLength(made + logged.length);
    for (const topic of own) expect(topic).toMatch(/^photos-\w+-.+-(repartition|changelog)$/);
    expect(own).not.toContain('outcomes');
  });

  it('is named, with what stays', () => {
    const untouched = untouchedBy('counts', roleTopology('counts', topics), plan, {
      topics,
      stateDir: '/state',
    });
    const text = resetAsText([{ role: 'counts', plan, untouched }], false);
    expect(text).toContain('to remove: the group photos-counts with its offsets on outcomes (6 partitions)');
    expect(text).toContain('to remove: the topic photos-counts-minutes-changelog\n');
    expect(text).toContain('to remove: the folder /state/photos-counts/by-customer_0\n');
    expect(text).toMatch(/stays: image-counts: .*outcomes/);
    expect(text).toContain('stays: state on other machines: remove the folder photos-counts in /state there');
    expect(text).toContain('stays: the topic photos-counts-hours-changelog: not of this topology');
    expect(text).not.toContain('refused');
  });

  it('counts the keys of Redis with the group of "counters", and nothing is kept by intake and load', () => {
    const resets: RoleReset[] = [
      { role: 'counters', plan, redis: { prefix: 'darkroom', keys: 12 }, untouched: [] },
      { role: 'load', untouched: untouchedBy('load', undefined, undefined, { topics, stateDir: undefined }) },
    ];
    const text = resetAsText(resets, true);
    expect(text).toContain('removed: 12 keys of darkroom in Redis: counts and fences');
    expect(text).toContain('load\n  nothing removed\n  stays: the warehouse');
  });

  it('is refused while somebody runs the application: members of the group, and who holds its state', () => {
    expect(inTheWay(plan)).toBeUndefined();
    const held = { path: '/state/photos-counts/by-customer_0', held: true };
    const words = inTheWay({ ...plan, members: [member], folders: [held] });
    expect(words).toContain('photos-counts is still run: member darkroom-1 (client darkroom, at 10.0.0.7)');
    expect(words).toContain('a process on this machine that holds /state/photos-counts/by-customer_0');
    expect(words).toContain('stop every instance');
    const text = resetAsText(
      [{ role: 'counts', plan: { ...plan, members: [member] }, untouched: [] }],
      false,
    );
    expect(text).toContain('refused now: photos-counts is still run');
  });
});

describe('darkroom reset', { timeout: 30_000 }, () => {
  it('does nothing unless it is told to', async () => {
    const { code, err } = await darkroom(['reset', '--roles', 'counts']);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('look at it with --dry-run, then do it with --yes'),
    ]);
    expect((await darkroom(['reset', '--dry-run', '--yes'])).code).toBe(2);
  });

  it('refuses to reset "counters" without its counts', async () => {
    const { code, err } = await darkroom(['reset', '--roles', 'counters', '--dry-run'], {
      env: { KAFKA_BROKERS: '127.0.0.1:1' },
    });
    expect([code, err]).toEqual([2, expect.stringContaining('it needs REDIS_URL')]);
  });
});
