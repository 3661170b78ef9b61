import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/logger.ts';

function logged(write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({ level: 'info', destination: { write: (line) => lines.push(JSON.parse(line)) } });
  write(log);
  return lines;
}

describe('the log', () => {
  it('is one JSON object a line, with level, time, message and fields', () => {
    const [line] = logged((log) => log.info({ imageId: 'abc', outcome: 'processed' }, 'image done'));
    expect(line).toMatchObject({ level: 'info', msg: 'image done', imageId: 'abc', outcome: 'processed' });
    expect(new Date(String(line?.time)).toISOString()).toBe(line?.time);
  });

  it('holds back what its level excludes', () => {
    expect(logged((log) => log.debug({}, 'detail'))).toEqual([]);
  });

  it('never shows a secret, however deep', () => {
    const lines = logged((log) =>
      log.info(
        { password: 'hunter2', kafka: { sasl: { password: 'hunter2' } }, s3: { credentials: 'hunter2' } },
        'up',
      ),
    );
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});
