import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import { makeTempDir } from '../support/temp-dir.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/**
 * The documents keep their promises. In README.md a block that follows an `sh` block in the same section is what that one prints; a block
 * that follows a program is what the program prints. `…` stands for any text, members that are not shown may be there, and `$name` is a
 * variable of the shell.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WRITTEN_URL = 'http://127.0.0.1:8080';
const TIMEOUT_MS = 120_000;

const run = promisify(execFile);

interface Block {
  readonly language: string;
  readonly text: string;
}

const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
const environment = { PATH: process.env.PATH, HOME: process.env.HOME };

let folder: string;

beforeAll(async () => {
  folder = await makeTempDir();
  // As if the package were installed there.
  await mkdir(join(folder, 'node_modules'));
  await symlink(ROOT, join(folder, 'node_modules', 'ect-ledger'), 'dir');
});

afterAll(() => rm(folder, { recursive: true }));

describe('README.md, with a running ledger', () => {
  let database: TestDatabase;
  let service: ChildProcess;
  let url: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = spawn(process.execPath, [join(ROOT, 'dist/main.js')], {
      cwd: folder,
      env: { ...environment, PORT: '0', DATABASE_URL: database.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    url = await addressOf(service);
  }, TIMEOUT_MS);

  afterAll(async () => {
    service.kill();
    if (service.exitCode === null) await once(service, 'exit');
    await database.drop();
  });

  test(
    'prints in the tour what it shows',
    async () => {
      expect(await expectSteps('Five-minute tour')).toBeGreaterThan(10);
    },
    TIMEOUT_MS,
  );

  test(
    'verifies after the tour what the ledger holds',
    async () => {
      expect(await expectSteps('Verify it yourself')).toBe(2);
      const blocks = blocksOf(section('Verify it yourself'));
      const [program, output] = blocks.slice(blocks.findIndex(({ language }) => language === 'js'));
      await writeFile(join(folder, 'verify.mjs'), program?.text.replaceAll(WRITTEN_URL, url) ?? '');
      const { stdout } = await run(process.execPath, ['verify.mjs'], { cwd: folder, env: environment });
      expect(stdout).toBe(output?.text);
    },
    TIMEOUT_MS,
  );

  /** Runs the commands of a section and holds each to what it is said to print; tells how many of them say it. */
  async function expectSteps(title: string): Promise<number> {
    const steps = stepsOf(section(title));
    const { outputs, variables } = await runSteps(steps.map(({ commands }) => commands));
    for (const [at, { commands, expected }] of steps.entries()) {
      if (!expected) continue;
      const { actual, wanted } = compare(outputs[at] ?? '', expected, variables);
      expect({ commands, prints: actual }).toEqual({ commands, prints: wanted });
    }
    return steps.filter(({ expected }) => expected).length;
  }

  /** All steps in one shell, as if pasted one after the other; the first command that fails ends it. */
  async function runSteps(steps: readonly string[]): Promise<{
    readonly outputs: readonly string[];
    readonly variables: ReadonlyMap<string, string>;
  }> {
    const script = [
      'set -eo pipefail',
      // Where the package is installed, npx finds its command by itself.
      'npx() { [ "$1" = ect-ledger ]; shift; "$NODE" "$COMMAND" "$@"; }',
      ...steps.map((commands, at) => `{ ${commands}} > output-${at}`),
      'set -o posix; set > variables',
    ].join('\n');
    const env = {
      ...environment,
      NODE: process.execPath,
      COMMAND: join(ROOT, 'dist/cli/main.js'),
      ECT_LEDGER_URL: url,
      DATABASE_URL: database.url, // of the service, for `verify --deep`
    };
    await run('bash', ['-c', script.replaceAll(WRITTEN_URL, url)], { cwd: folder, env });
    const outputs = steps.map((_, at) => readFile(join(folder, `output-${at}`), 'utf8'));
    const variables = (await readFile(join(folder, 'variables'), 'utf8')).matchAll(
      /^([a-z]+)=([\da-f-]+)$/gm,
    );
    return {
      outputs: await Promise.all(outputs),
      variables: new Map(Array.from(variables, ([, name = '', value = '']) => [name, value])),
    };
  }
});

describe('README.md, as a library', () => {
  test(
    'has an example that compiles and prints what it shows',
    async () => {
      const [program, output] = blocksOf(section('As a library'));
      await writeFile(join(folder, 'example.mts'), program?.text ?? '');
      const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
      const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
      const options = ['--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023', ...types];
      const compiling = run(process.execPath, [compiler, ...options, 'example.mts'], { cwd: folder });
      // The compiler says what is wrong on its standard output.
      await compiling.catch((error: unknown) => {
        throw new Error((error as { stdout: string }).stdout);
      });
      const { stdout } = await run(process.execPath, ['example.mjs'], { cwd: folder, env: environment });
      expect(stdout).toBe(output?.text);
    },
    TIMEOUT_MS,
  );
});

describe('The configuration', () => {
  const rows = [...section('Configuration').matchAll(/^\| `([A-Z_]+)` *\| (`(.+?)`|unset) /gm)];
  const documented = new Map(rows.map(([, name = '', , value = '']) => [name, value]));

  test('is documented in README.md variable by variable', async () => {
    expect([...documented.keys()]).toEqual(await variablesOfConfig());
  });

  test.each([...documented])('has the documented default of %s', (name, value) => {
    expect(loadConfig({ [name]: value })).toEqual(loadConfig({}));
  });

  test('has the same variables and defaults in .env.example', async () => {
    const example = await readFile(join(ROOT, '.env.example'), 'utf8');
    const lines = [...example.matchAll(/^#([A-Z_]+)=(.*)$/gm)];
    expect(new Map(lines.map(([, name = '', value = '']) => [name, value]))).toEqual(documented);
  });
});

test('docs/operations.md names the metrics that are served, and no other', async () => {
  const names = (text: string): readonly string[] =>
    [...new Set(text.match(/ect_ledger_[a-z_]+/g))].map((name) => name.replace(/_(bucket|count)$/, ''));
  const operations = await readFile(join(ROOT, 'docs/operations.md'), 'utf8');
  const source = await readFile(join(ROOT, 'src/http/prometheus-metrics.ts'), 'utf8');
  expect(new Set(names(operations))).toEqual(new Set(names(source)));
});

/** The text below a heading of the second level. */
function section(title: string): string {
  const [, found] = readme.split(`\n## ${title}\n`);
  if (found === undefined) throw new Error(`README.md has no section "${title}"`);
  return found.split('\n## ')[0] ?? '';
}

function blocksOf(text: string): readonly Block[] {
  const blocks = text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm);
  return Array.from(blocks, ([, language = '', content = '']) => ({ language, text: content }));
}

function stepsOf(text: string): readonly { readonly commands: string; readonly expected?: Block }[] {
  const blocks = blocksOf(text);
  return blocks.flatMap(({ language, text: commands }, at) => {
    if (language !== 'sh') return [];
    const next = blocks[at + 1];
    return [next && ['json', 'text'].includes(next.language) ? { commands, expected: next } : { commands }];
  });
}

/** What was printed, with everything replaced by its expectation that meets it: what is left differs. */
function compare(
  printed: string,
  { language, text }: Block,
  variables: ReadonlyMap<string, string>,
): { readonly actual: unknown; readonly wanted: unknown } {
  const wanted = text.replace(/\$([a-z]+)/g, (word, name: string) => variables.get(name) ?? word);
  if (language !== 'json') return { actual: meet(printed, wanted), wanted };
  return { actual: meet(JSON.parse(printed), JSON.parse(wanted)), wanted: JSON.parse(wanted) };
}

function meet(actual: unknown, wanted: unknown): unknown {
  if (typeof actual === 'string' && typeof wanted === 'string') {
    const pattern = wanted.split('…').map(escapePattern).join('.*');
    return new RegExp(`^${pattern}$`).test(actual) ? wanted : actual;
  }
  if (Array.isArray(actual) && Array.isArray(wanted)) return actual.map((item, at) => meet(item, wanted[at]));
  if (!isObject(actual) || !isObject(wanted)) return actual;
  const shown = Object.entries(actual).filter(([name]) => name in wanted);
  return Object.fromEntries(shown.map(([name, value]) => [name, meet(value, wanted[name])]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** The names are the schema's own members; nothing else in the file is written like them. */
async function variablesOfConfig(): Promise<readonly string[]> {
  const source = await readFile(join(ROOT, 'src/environment.ts'), 'utf8');
  const [, schema = ''] = /const environmentSchema = z\.object\(\{\n([\s\S]*?)\n\}\);/.exec(source) ?? [];
  return Array.from(schema.matchAll(/^ {2}([A-Z_]+):/gm), ([, name = '']) => name);
}

/** Waits for the greeting. */
function addressOf(service: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const read = (chunk: unknown): void => {
      printed += String(chunk);
      const [, address] = /listening on (\S+)/.exec(printed) ?? [];
      if (address !== undefined) resolve(address);
    };
    service.stdout?.on('data', read);
    service.stderr?.on('data', read);
    service.once('exit', () => {
      reject(new Error(`the service ended:\n${printed}`));
    });
  });
}
