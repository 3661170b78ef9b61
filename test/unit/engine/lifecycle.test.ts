import { describe, expect, it } from 'vitest';
import { Lifecycle } from '../../../src/topology/kafka/lifecycle.ts';

describe('the lifecycle', () => {
  it('moves along its table only and tells who listens', () => {
    const lifecycle = new Lifecycle();
    const changes: string[] = [];
    lifecycle.onChange(({ from, to }) => changes.push(`${from} → ${to}`));
    expect(lifecycle.transitionTo('RUNNING')).toBe(false);
    expect(lifecycle.transitionTo('REBALANCING')).toBe(true);
    expect(lifecycle.transitionTo('RUNNING')).toBe(true);
    expect(lifecycle.transitionTo('PENDING_SHUTDOWN')).toBe(true);
    expect(lifecycle.transitionTo('PENDING_ERROR')).toBe(false);
    expect(lifecycle.transitionTo('NOT_RUNNING')).toBe(true);
    expect(changes).toEqual([
      'CREATED → REBALANCING',
      'REBALANCING → RUNNING',
      'RUNNING → PENDING_SHUTDOWN',
      'PENDING_SHUTDOWN → NOT_RUNNING',
    ]);
  });

  it('keeps the first cause of an error', () => {
    const lifecycle = new Lifecycle();
    lifecycle.transitionTo('PENDING_ERROR', new Error('first'));
    lifecycle.transitionTo('ERROR', new Error('second'));
    expect(lifecycle.cause?.message).toBe('first');
  });
});
