/** Arrows go down only: app → processors, sinks, sources → serdes → nothing; topology imports none of them. */
const folder = (names) => `^src/(${names})/`;
const forbid = (name, from, to) => ({ name, severity: 'error', from: { path: from }, to: { path: to } });

module.exports = {
  forbidden: [
    {
      // of what is loaded; types may name each other, as a stream's table and a table's stream do
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    forbid('topology-knows-nothing-of-images', folder('topology'), '^src/(?!topology/)'),
    forbid(
      'serdes-import-nothing-of-ours',
      folder('serdes'),
      '^src/(?!serdes/|topology/(serde|record|errors)\\.ts)',
    ),
    forbid('processors-know-no-runtime', folder('processors'), '^src/(?!processors/|topology/errors\\.ts)'),
    forbid(
      'sinks-know-no-runtime',
      folder('sinks'),
      '^src/(?!sinks/|topology/(errors|external-sink|record)\\.ts|serdes/)',
    ),
    forbid(
      'sources-know-no-runtime',
      folder('sources'),
      '^src/(?!sources/|topology/(errors|serde|record)\\.ts|serdes/)',
    ),
    forbid(
      'remote-steps-know-processors-alone',
      folder('remote-steps'),
      '^src/(?!remote-steps/|processors/(steps/answer|steps/outside-step|steps/step|refusal)\\.ts|topology/errors\\.ts)',
    ),
    forbid('intake-knows-no-command', folder('intake'), folder('cli|config|app|observability|processors')),
    {
      name: 'only-commands-know-the-intake',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|intake)/' },
      to: { path: '^src/intake/' },
    },
    forbid('app-knows-no-command', folder('app'), folder('cli|config|observability')),
    forbid(
      'config-and-observability-are-leaves',
      folder('config'),
      '^src/(?!config/|topology/errors\\.ts|processors/(types|pipeline|steps/step)\\.ts)',
    ),
    {
      name: 'kafkajs-in-one-folder',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/topology/kafka/' },
      to: { path: 'node_modules/kafkajs' },
    },
    {
      name: 'processors-are-pure-of-kafka-and-aws',
      severity: 'error',
      from: { path: '^src/(processors|topology|serdes)/' },
      to: { path: 'node_modules/@aws-sdk' },
    },
    {
      name: 'description-apart-from-execution',
      severity: 'error',
      from: { path: '^src/topology/(dsl|graph)/' },
      to: { path: '^src/topology/(task|kafka|testing)/' },
    },
    {
      name: 'task-knows-no-kafka',
      severity: 'error',
      from: { path: '^src/topology/task/' },
      to: { path: '^src/topology/(kafka|testing|dsl)/' },
    },
    forbid('the-recount-has-nothing-of-the-service', '^test/recount/', '^(src|dev|bench)/'),
    {
      name: 'the-service-imports-no-test-or-dev-code',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(dev|bench|test)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs'] },
  },
};
