/**
 * Direction of imports: imports point inwards, to plain code. One rule for each row of the table in the
 * README ("How to change the code"); .checks/planted.test.ts shows each of them failing.
 */
const servers = 'profile|connect|messaging|materialize|history|configurator';
const databases = 'backplane|history-db|config-db|user-db';
const tests = '\\.(test|contract|bench|fixture)\\.tsx?$|/simulation/|^cli/e2e/|^\\.checks/';
const core = '^services/core/';
const interfaces = `^services/(${databases})/[^/]+\\.ts$`;
const runtime = '^services/runtime/';
const generated = '^protos/gen/';

/** Everything that `from` imports must match one of `allowed`; `$1` is the first group of `from`. */
const only = (name, comment, { from, allowed }) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, pathNot: tests },
  to: { pathNot: allowed },
});
const builtin = '^(node:)?[a-z_0-9/]+$';
const packages = (...names) => names.map((name) => `^node_modules/${name}/`);

module.exports = {
  forbidden: [
    only('core-imports-nothing', 'core: node: only', { from: core, allowed: [core, builtin] }),
    {
      name: 'core-tests-import-core',
      comment: 'a test of core needs core and the test tools, nothing else',
      severity: 'error',
      from: { path: core },
      to: { path: '^(bin|cli|protos|services)/', pathNot: core },
    },
    only('interface-imports-core', 'an interface: its folder, core', {
      from: `^services/(${databases})/(?!codec\\.ts$)[^/]+\\.ts$`,
      allowed: [core, builtin, '^services/$1/[^/]+\\.ts$'],
    }),
    only('codec-imports-generated-code', 'the codec of the log: also protos/gen', {
      from: `^services/(${databases})/codec\\.ts$`,
      allowed: [core, builtin, generated, '^services/$1/[^/]+\\.ts$', ...packages('@bufbuild/protobuf')],
    }),
    only('engine-imports-its-interface', 'an engine: its interface, core, its driver', {
      from: `^services/(${databases})/[^/]+/`,
      allowed: [
        '^services/$1/',
        '^services/(embedded|cassandra)/',
        core,
        builtin,
        ...packages('lmdb', 'kafkajs', 'cassandra-driver', 'ioredis', '@bufbuild/protobuf'),
      ],
    }),
    {
      name: 'engine-never-imports-another-engine',
      comment: 'engines of one interface do not know each other',
      severity: 'error',
      from: { path: `^services/(${databases})/([^/]+)/`, pathNot: tests },
      to: { path: '^services/$1/[^/]+/', pathNot: '^services/$1/$2/' },
    },
    only('embedded-imports-core', 'what the embedded engines share: core and the driver', {
      from: '^services/embedded/',
      allowed: ['^services/embedded/', core, builtin, ...packages('lmdb')],
    }),
    only('cassandra-imports-core', 'what the databases on Cassandra share: core and the driver', {
      from: '^services/cassandra/',
      allowed: ['^services/cassandra/', core, builtin, ...packages('cassandra-driver')],
    }),
    only('server-imports-inwards', "a server's own files: their folder, core, the interfaces; no packages", {
      from: `^services/(${servers})/(?!(?:main|settings|grpc|http)\\.ts$)`,
      allowed: ['^services/$1/(?!(?:main|grpc|http)\\.ts$)', core, builtin, interfaces],
    }),
    only(
      'transport-translates-only',
      "a server's grpc.ts and http.ts: also runtime, protos/gen and the transport's packages",
      {
        from: `^services/(${servers})/(?:grpc|http)\\.ts$`,
        allowed: [
          '^services/$1/(?!main\\.ts$)',
          core,
          builtin,
          interfaces,
          runtime,
          generated,
          ...packages('fastify', 'typebox', '@grpc/grpc-js', '@bufbuild/protobuf'),
        ],
      },
    ),
    only('main-wires', "a server's main.ts, and its declaration of settings: also runtime", {
      from: `^services/(${servers})/(?:main|settings)\\.ts$`,
      allowed: ['^services/$1/', core, builtin, interfaces, runtime],
    }),
    {
      name: 'servers-never-import-each-other',
      comment: 'servers meet over gRPC, HTTP, the backplane or the databases',
      severity: 'error',
      from: { path: `^services/(${servers})/`, pathNot: tests },
      to: { path: `^services/(${servers})/`, pathNot: '^services/$1/' },
    },
    {
      name: 'engines-are-chosen-in-one-file',
      comment: 'only services/runtime/engines.ts names an engine',
      severity: 'error',
      from: {
        path: '^(bin|cli|services)/',
        pathNot: [tests, '^services/runtime/engines\\.ts$', `^services/(${databases})/[^/]+/`],
      },
      to: { path: `^services/(${databases})/[^/]+/` },
    },
    {
      name: 'runtime-hosts-any-server',
      comment: 'runtime: core, the interfaces, protos/gen, packages; no server',
      severity: 'error',
      from: { path: runtime, pathNot: tests },
      to: {
        path: '^(bin|cli|services)/',
        pathNot: [core, runtime, interfaces, `^services/(${databases})/[^/]+/`, '^services/(embedded|cassandra)/'],
      },
    },
    only('run-starts-mains', 'services/run.ts, services/run/: every main.ts and declaration of settings, and runtime', {
      from: '^services/run(?:\\.ts$|/)',
      allowed: [
        `^services/(${servers})/(?:main|settings)\\.ts$`,
        '^services/configurator/seed\\.ts$',
        '^services/run/',
        core,
        builtin,
        runtime,
      ],
    }),
    {
      name: 'program-imports-run',
      comment: 'cli, bin: services/run.ts, core, protos/gen, packages',
      severity: 'error',
      from: { path: '^(cli|bin)/', pathNot: '\\.test\\.tsx?$' },
      to: { path: '^services/', pathNot: [core, '^services/run\\.ts$', '\\.fixture\\.ts$'] },
    },
    {
      name: 'program-tests-know-no-inside',
      comment: 'cli tests meet the servers from outside, like users',
      severity: 'error',
      from: { path: '^(cli|bin)/.*\\.test\\.tsx?$' },
      to: { path: `^services/(${servers}|${databases})/` },
    },
    {
      name: 'services-never-import-the-program',
      severity: 'error',
      from: { path: '^(services|protos)/' },
      to: { path: '^(cli|bin)/' },
    },
    {
      name: 'product-never-imports-tests',
      severity: 'error',
      from: { path: '^(bin|cli|services)/', pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'product-never-imports-test-tools',
      severity: 'error',
      from: { path: '^(bin|cli|services)/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      comment: 'of what is loaded together: two files may know the types of each other, a lazy import may lead back',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'] } },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, pathNot: '\\.d\\.ts$|^protos/gen/' }, to: {} },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'protos/gen'] },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.d.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
