import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { darkroom } from './command-line.ts';

const STACK = /\n\s+at .+:\d+:\d+/;
const REQUIRED = {
  KAFKA_BROKERS: '127.0.0.1:1',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
  S3_BUCKET: 'my-images',
  S3_ENDPOINT: 'http://127.0.0.1:1',
};

describe('the command line', () => {
  it.concurrent.each([
    ['no command', []],
    ['an unknown command', ['develop']],
    ['an unknown option', ['try', '--fast', '.']],
    ['a missing argument', ['try']],
    ['a missing option', ['produce', '.']],
    ['a choice that does not exist', ['topology', '--format', 'xml']],
    ['a customer id that is not allowed', ['produce', '.', '--customer', 'a/b']],
    ['a rate that is no number', ['produce', '.', '--customer', 'a', '--rate', 'fast']],
    ['a file that does not exist', ['try', 'no/such/photo.jpg']],
    ['missing variables', ['start']],
  ])('ends with 2 and a message for %s', async (_what, args) => {
    const { code, out, err } = await darkroom(args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).not.toBe('');
    expect(err).not.toMatch(STACK);
  });

  it.concurrent('names every path that does not exist', async () => {
    const { err } = await darkroom(['try', 'no/such/photo.jpg', 'nor/this']);
    expect(err).toContain('no/such/photo.jpg: no such file or folder');
    expect(err).toContain('nor/this: no such file or folder');
  });

  it.concurrent.each([[[]], [['start']], [['try']], [['topology']], [['produce']]])(
    'explains itself with examples: %s --help',
    async (args) => {
      const { code, out } = await darkroom([...args, '--help']);
      expect(code).toBe(0);
      expect(out).toContain('$ ');
    },
  );

  it.concurrent('reports all invalid variables at once', async () => {
    const { code, err } = await darkroom(['start'], { env: { WORKERS: 'many', KAFKA_BROKER: 'b:9092' } });
    expect(code).toBe(2);
    expect(err).toContain('the environment has 5 problems');
    expect(err).toContain('WORKERS must be an integer in [1, 256], got "many"');
    expect(err).toContain('did you mean KAFKA_BROKERS?');
  });

  it.concurrent('ends with 1 when the port is taken, with a stack trace only for those who ask', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const env = { ...REQUIRED, HTTP_PORT: String(port) };
    const [plain, debug] = await Promise.all([
      darkroom(['start'], { env }),
      darkroom(['start', '--debug'], { env }),
    ]);
    server.close();
    expect(plain.code).toBe(1);
    expect(plain.err).toContain(`cannot listen on 127.0.0.1:${port}: another process listens there already`);
    expect(plain.out + plain.err).not.toMatch(STACK);
    expect(debug.err).toMatch(STACK);
  });

  it.concurrent('says that no broker answers, and where it looked', async () => {
    const { code, err } = await darkroom(['produce', 'package.json', '--customer', 'acme'], {
      env: { KAFKA_BROKERS: '127.0.0.1:1' },
    });
    expect(code).toBe(1);
    expect(err).toContain('no Kafka broker answers at 127.0.0.1:1');
    expect(err).not.toMatch(STACK);
  });

  it.concurrent('describes the topology in three ways without any service', async () => {
    const [text, mermaid, json] = await Promise.all([
      darkroom(['topology'], { env: { TOPIC_STREAM: 'their-images' } }),
      darkroom(['topology', '--format', 'mermaid']),
      darkroom(['topology', '--format', 'json']),
    ]);
    expect(text.out).toMatch(/^Topologies:\n {3}Sub-topology: 0/);
    expect(text.out).toContain('topics: [their-images]');
    expect(mermaid.out).toMatch(/^flowchart LR\n/);
    expect(JSON.parse(json.out).subTopologies[0].nodes.length).toBeGreaterThan(5);
  });
}, 60_000);
