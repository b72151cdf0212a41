import type { LogFigures } from './log.js';
import type { ReplayFigures } from './replay.js';
import type { Ancestry, Rate, Round, Stress } from './measurements.js';
import { AIMS, BATCH_TOKENS, CONNECTIONS } from './plan.js';
import { mean, median } from './statistics.js';

export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly aim: string;
  /** Without an aim there is none. */
  readonly isMet?: boolean;
}

export interface Results {
  readonly yardsticks: readonly number[];
  readonly rounds: readonly Round[];
  readonly ancestries: readonly Ancestry[];
  readonly log: LogFigures;
  readonly replay: ReplayFigures;
  readonly stress: readonly Stress[];
  /** Entries altogether; every acknowledged one is there. */
  readonly recorded: number;
}

/** What the measurements say about the aims; of several rounds the median. */
export function figuresOf(results: Results): readonly Figure[] {
  const { yardsticks, rounds } = results;
  return [
    { name: 'yardstick: bare jose, 64 in flight', value: rate(mean(yardsticks)), aim: '' },
    ...oneClientFigures(rounds.map(({ oneConnection }) => oneConnection)),
    rateFigure(`single, ${CONNECTIONS} connections`, results, 'manyConnections', AIMS.single),
    rateFigure(`batches of ${BATCH_TOKENS}`, results, 'batches', AIMS.batches),
    ...results.ancestries.map(ancestryFigure),
    ...logFigures(results.log),
    ...replayFigures(results.replay),
    ...memoryFigures(rounds),
    ...results.stress.map(({ name, memoryBytes }) => ({
      name: `memory: ${name}`,
      value: memoryBytes.length === 0 ? 'not measured' : megabytes(Math.max(...memoryBytes)),
      aim: '',
    })),
  ];
}

/** A rate as a share of the yardstick measured right before and right after. */
function sharesOf({ yardsticks, rounds }: Results, name: 'manyConnections' | 'batches'): readonly number[] {
  return rounds.map((round, i) => round[name].entriesPerSecond / mean(yardsticks.slice(i, i + 2)));
}

function oneClientFigures(rates: readonly Rate[]): readonly Figure[] {
  const p50 = median(rates.map(({ p50Ms }) => p50Ms));
  const p99 = median(rates.map(({ p99Ms }) => p99Ms));
  return [
    { name: 'single, 1 connection', value: rate(median(rates.map((one) => one.entriesPerSecond))), aim: '' },
    atMost('single, 1 connection: p50', p50, AIMS.oneClientP50Ms, milliseconds),
    atMost('single, 1 connection: p99', p99, AIMS.oneClientP99Ms, milliseconds),
  ];
}

function rateFigure(
  name: string,
  results: Results,
  which: 'manyConnections' | 'batches',
  aim: number,
): Figure {
  const rates = results.rounds.map((round) => round[which]);
  const share = median(sharesOf(results, which));
  const p50 = median(rates.map(({ p50Ms }) => p50Ms));
  const p99 = median(rates.map(({ p99Ms }) => p99Ms));
  const perSecond = rate(median(rates.map((one) => one.entriesPerSecond)));
  return {
    name,
    value: `${share.toFixed(2)} × (${perSecond}; p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)})`,
    aim: `≥ ${aim.toFixed(2)} ×`,
    isMet: share >= aim,
  };
}

function ancestryFigure({ name, nodes, p50Ms, p99Ms, aimMs }: Ancestry): Figure {
  const value = `p50 ${milliseconds(p50Ms)}, p99 ${milliseconds(p99Ms)} (${nodes} nodes)`;
  if (aimMs === undefined) return { name, value, aim: '' };
  return { name, value, aim: `p50 ≤ ${milliseconds(aimMs)}`, isMet: p50Ms <= aimMs };
}

function logFigures({
  receiptP50Ms,
  receiptP99Ms,
  growthSmallUs,
  growthLargeUs,
}: LogFigures): readonly Figure[] {
  const receipt = atMost('receipt of any entry: p50', receiptP50Ms, AIMS.receiptP50Ms, milliseconds);
  const growth = growthLargeUs / growthSmallUs;
  return [
    { ...receipt, value: `${receipt.value}, p99 ${milliseconds(receiptP99Ms)}` },
    {
      name: 'a leaf in a tree of 1 M / of 10 k',
      value: `${growth.toFixed(2)} × (${growthLargeUs.toFixed(1)} µs, ${growthSmallUs.toFixed(1)} µs)`,
      aim: `≤ ${AIMS.treeGrowth.toFixed(2)} ×`,
      isMet: growth <= AIMS.treeGrowth,
    },
  ];
}

function replayFigures({ remembered, fresh, seen }: ReplayFigures): readonly Figure[] {
  const figure = (name: string, { perSecond, p50Ms, p99Ms }: ReplayFigures['fresh']): Figure => ({
    name: `replay, ${CONNECTIONS} connections, ${remembered} remembered: ${name}`,
    value: `${rate(perSecond)}; p50 ${milliseconds(p50Ms)}, p99 ${milliseconds(p99Ms)}`,
    aim: '',
  });
  return [figure('new', fresh), figure('seen', seen)];
}

function memoryFigures(rounds: readonly Round[]): readonly Figure[] {
  const ofRounds = rounds.map(memoryOf);
  const all = ofRounds.flat();
  if (all.length === 0) return [{ name: 'memory', value: 'not measured', aim: '' }];
  const largest = atMost('memory under that load: most', Math.max(...all), AIMS.memoryBytes, megabytes);
  const [first = [], last] = [ofRounds[0], ofRounds.at(-1)];
  if (rounds.length < 2 || last === undefined) return [largest];
  const growth = mean(last) / mean(first);
  const name = `memory: round ${rounds.length} / round 1`;
  return [largest, atMost(name, growth, AIMS.memoryGrowth, (value) => value.toFixed(2))];
}

function memoryOf({ oneConnection, manyConnections, batches }: Round): readonly number[] {
  return [oneConnection, manyConnections, batches].flatMap(({ memoryBytes }) => memoryBytes);
}

function atMost(name: string, value: number, aim: number, show: (value: number) => string): Figure {
  return { name, value: show(value), aim: `≤ ${show(aim)}`, isMet: value <= aim };
}

function rate(perSecond: number): string {
  return `${Math.round(perSecond)}/s`;
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
