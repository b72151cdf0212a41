import { execFileSync } from 'node:child_process';
import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Bench } from './bench.js';
import { figuresOf, type Results } from './figures.js';
import {
  checkNothingIsLost,
  measureAncestry,
  measureRound,
  SHAPES,
  stressWithLargestBatch,
  stressWithManyBatches,
  warmUp,
  type Ancestry,
  type Round,
} from './measurements.js';
import { measureLog } from './log.js';
import { measureReplay } from './replay.js';
import { FULL, QUICK, type Plan } from './plan.js';
import { Processes } from './processes.js';
import { cpuTable, figureTable } from './report.js';
import { Service, type ServerSettings } from './service.js';
import { createSigner } from './tokens.js';
import { measureYardstick } from './yardstick.js';

const RESULTS = fileURLToPath(new URL('./results/', import.meta.url));
/** statfs(2): files in memory, where a flush to the disk costs nothing. */
const TMPFS_MAGIC = 0x01021994;

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
await main(values.quick ? QUICK : FULL);

async function main(plan: Plan): Promise<void> {
  const signer = createSigner();
  const service = await Service.start(signer.trust);
  try {
    const processes = await Processes.find(service.pid, service.databasePid);
    const results = await measureAll(new Bench(service, processes, signer, tell), plan);
    await report(results, plan, service.settings);
  } finally {
    await service.stop();
  }
}

async function measureAll(bench: Bench, plan: Plan): Promise<Results> {
  await warmUp(bench);
  const rounds: Round[] = [];
  while (rounds.length < plan.rounds) rounds.push(await measureRound(bench, plan));
  const lastYardstick = await measureYardstick(plan.seconds.yardstick);
  const yardsticks = [...rounds.map(({ yardstick }) => yardstick), lastYardstick];
  const ancestries: Ancestry[] = [];
  for (const shape of SHAPES) ancestries.push(await measureAncestry(bench, shape, plan.questions));
  const log = await measureLog(bench);
  const replay = await measureReplay(bench, plan.rememberedTokens);
  const stress = plan.stress ? [await stressWithLargestBatch(bench), await stressWithManyBatches(bench)] : [];
  await checkNothingIsLost(bench);
  return { yardsticks, rounds, ancestries, log, replay, stress, recorded: bench.acknowledged };
}

async function report(results: Results, plan: Plan, settings: ServerSettings): Promise<void> {
  const setting = await describeSetting(plan, settings);
  const figures = figuresOf(results);
  console.log(`\n${figureTable(figures)}\n\n${cpuTable(results.rounds)}`);
  console.log(
    `\n${Object.entries(setting)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n')}`,
  );
  await mkdir(RESULTS, { recursive: true });
  const file = `${RESULTS}${setting.at.replaceAll(':', '-')}.json`;
  await writeFile(file, `${JSON.stringify({ setting, figures, results }, undefined, 2)}\n`);
  console.log(`\nwritten to ${file}`);
}

/** What somebody else needs to know to compare. */
async function describeSetting(plan: Plan, settings: ServerSettings) {
  const [cpu] = cpus();
  const { type } = await statfs(tmpdir());
  return {
    at: new Date().toISOString(),
    plan: plan.name,
    commit: commit(),
    machine: `${cpus().length} × ${cpu?.model ?? 'unknown'}`,
    node: process.version,
    disk: type === TMPFS_MAGIC ? 'memory: the figures say nothing about a disk' : 'file system',
    postgres: Object.entries(settings)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: RESULTS,
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'unknown';
  }
}

function tell(message: string): void {
  console.log(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${message}`);
}
