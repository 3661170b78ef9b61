import type { Unusable } from './arrival.ts';

/** What stands in events for a customer that a record does not name in a valid way; no customer can have this id. */
export const UNKNOWN_CUSTOMER = 'unknown';

const MAX_CHARACTERS = 64;
const CUSTOMER_ID = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${MAX_CHARACTERS - 1}}$`);

/** Undefined when `customerId` can be part of an object key, else what is wrong with it. */
export function customerProblem(customerId: string | undefined): Unusable | undefined {
  if (customerId === undefined || customerId === '') {
    return {
      code: 'CUSTOMER_MISSING',
      reason: 'the record names no customer: send the header customer-id',
    };
  }
  if (customerId === UNKNOWN_CUSTOMER) {
    return {
      code: 'CUSTOMER_INVALID',
      reason: `the customer id ${UNKNOWN_CUSTOMER} is reserved: use another`,
    };
  }
  if (CUSTOMER_ID.test(customerId)) return undefined;
  const given = JSON.stringify(customerId.slice(0, MAX_CHARACTERS + 1));
  return {
    code: 'CUSTOMER_INVALID',
    reason:
      `the customer id ${given} is not allowed: use 1 to ${MAX_CHARACTERS} letters, digits, '.', '_' or '-', ` +
      'the first a letter or digit',
  };
}
