import { StreamsError, tlsProblemOf } from '../topology/errors.ts';

const REFUSALS = new Set(['28000', '28P01', '3D000']);
const NOT_MIGRATED = new Set(['3F000', '42P01']);
/** Of SQL states: connection exceptions, too many connections, the server is going away or coming up. */
const UNREACHABLE_STATE = /^(08...|53300|57P0[123])$/;
/** Of Node: what the network says, and what pg says of a connection that ended or took too long. */
const UNREACHABLE_CODE = /^E[A-Z]+$/;
/** Of pg, when TLS is asked for. */
const NO_TLS = /does not support SSL connections/;
const UNREACHABLE_MESSAGE = /timeout|Connection terminated|connection is closed|not queryable/i;

/**
 * What went wrong with the warehouse, as one of WAREHOUSE_UNREACHABLE, WAREHOUSE_NOT_MIGRATED, WAREHOUSE_LOAD_FAILED (all `retry`)
 * and WAREHOUSE_REFUSED (`fail`).
 */
export function warehouseError(error: unknown): StreamsError {
  if (error instanceof StreamsError) return error;
  const code = error instanceof Error ? String(Reflect.get(error, 'code') ?? '') : '';
  const message = messageOf(error);
  const make = (name: string, disposition: 'retry' | 'fail', text: string) =>
    new StreamsError(name, disposition, text, { cause: error });
  if (REFUSALS.has(code)) {
    return make(
      'WAREHOUSE_REFUSED',
      'fail',
      `the warehouse does not let this client in (${message}). What to do: check user, password and database of WAREHOUSE_URL, ` +
        'and WAREHOUSE_PASSWORD where the address has none',
    );
  }
  const tls = tlsProblemOf(error);
  if (tls !== undefined || NO_TLS.test(message)) {
    return make(
      'WAREHOUSE_REFUSED',
      'fail',
      `TLS with the warehouse did not come about (${message}). What to do: ` +
        (tls === 'other-name'
          ? 'let WAREHOUSE_URL have a name that is in its certificate'
          : tls === undefined
            ? 'turn TLS on there, or leave sslmode and WAREHOUSE_CA_FILE away'
            : 'let WAREHOUSE_CA_FILE name the authority that has signed its certificate'),
    );
  }
  if (NOT_MIGRATED.has(code)) {
    return make(
      'WAREHOUSE_NOT_MIGRATED',
      'retry',
      `the warehouse lacks a table (${message}). What to do: darkroom warehouse migrate`,
    );
  }
  if (
    UNREACHABLE_STATE.test(code) ||
    UNREACHABLE_CODE.test(code) ||
    (code === '' && UNREACHABLE_MESSAGE.test(message))
  ) {
    return make('WAREHOUSE_UNREACHABLE', 'retry', `the warehouse is not to be reached: ${message}`);
  }
  return make('WAREHOUSE_LOAD_FAILED', 'retry', `the warehouse refuses a statement: ${message}`);
}

/** A refused connection to several addresses of one name has no message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
