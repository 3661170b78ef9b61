// The endpoint beside the wire protocol: what is to go wrong, and what has happened.
import type { IncomingMessage } from 'node:http';
import { type Fault, parseFaults } from './faults.ts';

/** What of the stand-in can be controlled. */
export interface Controlled {
  readonly faults: { list(): readonly Fault[]; set(faults: readonly Fault[], seed?: number): void };
  status(): object;
  flush(): Promise<void>;
}

/**
 * - `GET /_control/status`: counts, what is buffered and what waits.
 * - `GET`, `PUT`, `DELETE /_control/faults`: the script (faults.ts); `?seed=7` chooses another chance.
 * - `POST /_control/flush`: delivers at once, answers when nothing waits.
 */
export async function answerControl(
  standIn: Controlled,
  { method, url = '' }: IncomingMessage,
  body: string,
): Promise<{ status: number; body: unknown }> {
  const { pathname, searchParams } = new URL(url, 'http://control');
  switch (`${method} ${pathname}`) {
    case 'GET /_control/status':
      return { status: 200, body: standIn.status() };
    case 'POST /_control/flush':
      await standIn.flush();
      return { status: 200, body: standIn.status() };
    case 'DELETE /_control/faults':
      standIn.faults.set([]);
      return { status: 200, body: [] };
    case 'PUT /_control/faults':
      try {
        const seed = searchParams.get('seed');
        standIn.faults.set(parseFaults(JSON.parse(body)), seed === null ? undefined : Number(seed));
      } catch (error) {
        return { status: 400, body: { message: error instanceof Error ? error.message : String(error) } };
      }
      return { status: 200, body: standIn.faults.list() };
    case 'GET /_control/faults':
      return { status: 200, body: standIn.faults.list() };
    default:
      return {
        status: 404,
        body: { message: `no ${method} ${pathname}; there are status, faults and flush` },
      };
  }
}
