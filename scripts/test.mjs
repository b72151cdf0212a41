import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findChromium } from './chromium.mjs';
import { prepare } from './prepare.mjs';
import { root } from './toolchain.mjs';

/**
 * Everything that must hold, one program a step. The last line is `N passed, N failed`: jest's tests and the other steps together.
 *
 *   npm test                     all of it
 *   npm test -- <jest's options> jest alone
 *   npm run lint                 all but jest
 *   npm run test:browser         the explorer in a Chromium; part of `npm test` where there is one
 */

const STEPS = [
  { name: 'eslint', args: ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings=0'] },
  { name: 'prettier', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '.'] },
  {
    name: 'dependency-cruiser',
    args: [
      'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
      'src',
      'test',
      'bench',
      'explorer/src',
    ],
  },
  { name: 'knip', args: ['node_modules/knip/bin/knip.js'] },
  { name: 'tsc', args: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  {
    name: 'tsc of the explorer',
    args: ['node_modules/typescript/bin/tsc', '--noEmit', '--project', 'explorer'],
  },
];
const PARALLEL = 2;

const options = process.argv.slice(2);
const results = [];
try {
  await prepare();
  if (options.length === 0 || options[0] === '--lint') await runSteps([...STEPS]);
  if (options[0] === '--browser') results.push(await runInBrowser(options.slice(1)));
  else if (options[0] !== '--lint') results.push(await runJest('jest', options));
  if (options.length === 0) results.push(await runInBrowserIfThere());
} catch (error) {
  console.log(error.message);
  results.push({ name: 'preparation', passed: 0, failed: 1 });
}
report();

async function runSteps(waiting) {
  const worker = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift())
      results.push(await runStep(step));
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}

async function runStep({ name, args }) {
  const startedMs = performance.now();
  const { code, output } = await run(args, 'pipe');
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (code !== 0) console.log(output);
  return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

async function runInBrowserIfThere() {
  if (findChromium() !== undefined) return runInBrowser([]);
  console.log('No Chromium on PATH or in CHROMIUM_PATH: the tests of the explorer in a browser did not run.');
  return { name: 'browser (no Chromium)', passed: 0, failed: 0 };
}

function runInBrowser(args) {
  return runJest('browser', ['--config', 'jest.browser.config.js', ...args]);
}

async function runJest(name, args) {
  const directory = mkdtempSync(join(tmpdir(), 'ect-ledger-jest-'));
  const file = join(directory, 'results.json');
  // Jest loads ES modules only so.
  const modules = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const { code } = await run(
    [...modules, 'node_modules/jest/bin/jest.js', '--json', `--outputFile=${file}`, ...args],
    'inherit',
  );
  const counts = readCounts(file);
  rmSync(directory, { recursive: true });
  // A suite that cannot even be loaded has no tests that could fail.
  const failed = code === 0 ? counts.failed : Math.max(counts.failed, 1);
  return { name, ...counts, failed };
}

function readCounts(file) {
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests } = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    return {
      passed: numPassedTests,
      failed: numFailedTests + numRuntimeErrorTestSuites,
      skipped: numPendingTests,
    };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

/** With `--json` jest's report goes to stderr and its results to stdout, which are in the file already. */
function run(args, stderr) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', stderr] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, output }));
  });
}

function report() {
  console.log();
  for (const { name, passed, failed, skipped = 0 } of results) {
    console.log(`${name}: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  process.exitCode = sum('failed') > 0 ? 1 : 0;
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
}
