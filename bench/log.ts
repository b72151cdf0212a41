import { randomBytes } from 'node:crypto';
import { EMPTY_EDGE, growEdge, type RightEdge } from '../src/domain/log/right-edge.js';
import { leafHash } from '../src/domain/log/tree-hash.js';
import type { Bench } from './bench.js';
import { median, percentile } from './statistics.js';

export interface LogFigures {
  readonly receiptP50Ms: number;
  readonly receiptP99Ms: number;
  /** What a leaf costs in a tree that ends with so many leaves, in microseconds. */
  readonly growthSmallUs: number;
  readonly growthLargeUs: number;
}

const SMALL = 10_000;
const LARGE = 1_000_000;
/** Leaves in one append. */
const BATCH = 1_000;
const RECEIPTS = 300;

/** What the transparency log costs: receipts of entries from all over the log, and leaves as the tree becomes large. */
export async function measureLog(bench: Bench): Promise<LogFigures> {
  bench.tell('receipts');
  const paths = await receiptPaths(bench);
  const { latenciesMs } = await bench.measure(1, (client) => client.askEach(paths));
  bench.tell(`a tree of ${LARGE} leaves`);
  const [growthSmallUs, growthLargeUs] = measureGrowth();
  return {
    receiptP50Ms: percentile(latenciesMs, 0.5),
    receiptP99Ms: percentile(latenciesMs, 0.99),
    growthSmallUs,
    growthLargeUs,
  };
}

async function receiptPaths(bench: Bench): Promise<readonly string[]> {
  const { entries } = (await bench.get('/ledger?order=desc&limit=1')) as {
    readonly entries: readonly { index: number }[];
  };
  const newest = entries[0]?.index ?? 0;
  const paths: string[] = [];
  for (let i = 0; i < RECEIPTS; i++) {
    const index = 1 + Math.floor(Math.random() * newest);
    const { entry } = (await bench.get(`/log/entries/${index}`)) as {
      readonly entry: { jti: string; wid: string };
    };
    paths.push(`/ledger/${entry.jti}/receipt?wid=${entry.wid}`);
  }
  return paths;
}

/** Appends to each of the two trees, in turn, so that whatever else the machine does falls on both. */
const ROUNDS = 100;

/** Per leaf, hashing included: medians over appends to a small and to a large tree. */
function measureGrowth(): readonly [small: number, large: number] {
  const leaves = Array.from({ length: BATCH }, () => randomBytes(200));
  const grow = (edge: RightEdge): RightEdge => growEdge(edge, leaves.map(leafHash)).edge;
  const treeOf = (size: number): RightEdge => {
    let edge = EMPTY_EDGE;
    while (edge.size < size) edge = grow(edge);
    return edge;
  };
  const edges = [treeOf(SMALL), treeOf(LARGE)] as const;
  const costsUs: readonly [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, edge] of edges.entries()) {
      const started = performance.now();
      grow(edge);
      costsUs[at]?.push(((performance.now() - started) * 1_000) / BATCH);
    }
  }
  return [median(costsUs[0]), median(costsUs[1])];
}
