import { describe, expect, it } from 'vitest';
import { darkroom } from './command-line.ts';

const env = { APPLICATION_ID: 'photos', TOPIC_STATS: 'outcomes', KAFKA_BROKERS: 'b:9093' };

describe('darkroom acls', { timeout: 20_000 }, () => {
  it('prints what each role may do, with the configured names', async () => {
    const { code, out } = await darkroom(['acls', '--roles', 'develop,counters,load'], { env });
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}topic +image-uploads +Read /m);
    expect(out).toMatch(/^ {2}topic +outcomes +Write, DescribeConfigs /m);
    expect(out).toMatch(/^ {2}transactional-id +photos-develop-\* +Write /m);
    expect(out).toMatch(/^counters\n {2}topic +outcomes +Read .*\n(.*\n)?.*group +photos-counters +Read /m);
    expect(out).toContain('load\n  does not use Kafka\n');
  });

  it('prints commands for kafka-acls.sh', async () => {
    const { out } = await darkroom(
      ['acls', '--roles', 'intake', '--principal', 'User:in', '--format', 'commands'],
      { env },
    );
    const begin =
      "kafka-acls.sh --bootstrap-server b:9093 --command-config admin.properties --add --allow-principal 'User:in'";
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^# admin.properties/),
      '# intake',
      `${begin} --operation Write --topic 'image-uploads'`,
      `${begin} --operation IdempotentWrite --cluster`,
      '',
    ]);
  });

  it('prints data, for the user that the service is', async () => {
    const security = { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL', KAFKA_SASL_USERNAME: 'svc' };
    const { out } = await darkroom(['acls', '--roles', 'warehouse', '--format', 'json'], {
      env: { ...env, ...security },
    });
    expect(JSON.parse(out)).toContainEqual({
      role: 'warehouse',
      principal: 'User:svc',
      resource: 'group',
      name: 'photos-warehouse',
      pattern: 'literal',
      operations: ['Read'],
      why: 'its consumer group',
    });
  });

  it('refuses a principal that is none, and a role that is none', async () => {
    expect((await darkroom(['acls', '--principal', 'me'])).code).toBe(2);
    const { code, err } = await darkroom(['acls', '--roles', 'developer']);
    expect([code, err]).toEqual([2, expect.stringContaining('ROLES must be a list with commas')]);
  });
});
