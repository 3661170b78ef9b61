import { defineConfig } from 'vitest/config';
import { durations } from './test/support/durations.ts';

/** Of every worker; projects inherit nothing. KafkaJS on Node 24: harmless. */
const execArgv = ['--disable-warning=TimeoutNegativeWarning'];

/** Suites on real services: one stack for all their files, which take turns on it. */
const onStack = {
  execArgv,
  globalSetup: ['test/stack-setup.ts'],
  fileParallelism: false,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', execArgv, include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 } },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: durations.test.integration,
          ...onStack,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          testTimeout: durations.test.faults,
          ...onStack,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          execArgv,
          testTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
