import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What has to be made before the project runs. Each product carries a stamp, the hash of all it was made from, so that finding out that
 * nothing is to do takes milliseconds. Needs Node alone: it also runs where nothing is installed yet.
 */

export const root = fileURLToPath(new URL('..', import.meta.url));
const path = (...names) => join(root, ...names);
const bin = {
  prisma: path('node_modules/prisma/build/index.js'),
  nest: path('node_modules/@nestjs/cli/bin/nest.js'),
  vite: path('node_modules/vite/bin/vite.js'),
};
const GENERATED = 'src/storage/postgres/generated';

export const dependencies = {
  name: 'Installing the dependencies',
  stamp: path('node_modules/.ect-ledger-stamp'),
  inputs: () =>
    hash([], [lockedPackages(), process.platform, process.arch, process.versions.modules].join(' ')),
  isThere: () => existsSync(bin.nest),
  // Somebody may have typed `npm ci`.
  isCurrentUnstamped: () =>
    existsSync(bin.nest) && isNewer(path('node_modules/.package-lock.json'), path('package-lock.json')),
  make: () =>
    run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { shell: process.platform === 'win32' }),
};

export const databaseClient = {
  name: 'Generating the database client',
  stamp: path('node_modules/.ect-ledger-generated'),
  inputs: () => hash(['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json']),
  isThere: () => existsSync(path(GENERATED, 'client.ts')),
  // Prisma asks for its schema engine, which is a download, though generating never runs it: any program will do.
  make: () =>
    run(process.execPath, [bin.prisma, 'generate'], {
      env: { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath },
    }),
};

export const build = {
  name: 'Building',
  stamp: path('dist/.ect-ledger-stamp'),
  inputs: () =>
    hash(['src', 'prisma', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', 'package-lock.json']),
  isThere: () => existsSync(path('dist/main.js')),
  make: () => run(process.execPath, [bin.nest, 'build']),
};

/** After the build, which empties dist/. */
export const explorer = {
  name: 'Building the explorer',
  stamp: path('dist/.ect-ledger-explorer-stamp'),
  inputs: () => hash(['explorer', 'src/domain', 'tsconfig.json', 'package-lock.json']),
  isThere: () => existsSync(path('dist/explorer/index.html')),
  make: () =>
    run(process.execPath, [bin.vite, 'build', '--config', 'explorer/vite.config.ts'], {
      env: { NODE_ENV: 'production' },
    }),
};

export function isCurrent(product) {
  if (!product.isThere()) return false;
  if (existsSync(product.stamp)) return readFileSync(product.stamp, 'utf8') === product.inputs();
  return product.isCurrentUnstamped?.() ?? false;
}

/** @throws Error when it cannot be made; it then carries no stamp */
export function make(product) {
  console.log(`${product.name} …`);
  // Before, since what changes meanwhile is not in the product.
  const inputs = product.inputs();
  product.make();
  mkdirSync(dirname(product.stamp), { recursive: true });
  writeFileSync(product.stamp, inputs);
}

function run(command, args, { env = {}, shell = false } = {}) {
  const options = {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    shell,
    env: { ...process.env, ...env },
  };
  const { status, error, stdout, stderr } = spawnSync(command, args, options);
  if (status === 0) return;
  throw new Error(`${command} ${args.join(' ')} failed\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
}

/** Without the entry of this package, whose scripts and commands change without anything to install. */
function lockedPackages() {
  const { packages } = JSON.parse(readFileSync(path('package-lock.json'), 'utf8'));
  return JSON.stringify(Object.entries(packages).filter(([name]) => name !== ''));
}

function hash(names, salt = '') {
  const sum = createHash('sha256').update(salt);
  for (const file of names.flatMap(filesOf)) sum.update(`\0${file}\0`).update(readFileSync(path(file)));
  return sum.digest('hex');
}

function filesOf(name) {
  if (name === GENERATED || !existsSync(path(name))) return [];
  if (!statSync(path(name)).isDirectory()) return [name];
  return readdirSync(path(name))
    .sort()
    .flatMap((entry) => filesOf(`${name}/${entry}`));
}

function isNewer(file, other) {
  return existsSync(file) && statSync(file).mtimeMs >= statSync(other).mtimeMs;
}
