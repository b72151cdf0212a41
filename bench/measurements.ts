import { randomUUID } from 'node:crypto';
import type { Bench, Measured } from './bench.js';
import type { Batch, LoadClient, LoadResult } from './load.js';
import { AIMS, BATCHES_IN_FLIGHT, BATCH_TOKENS, CONNECTIONS, WORKFLOW_TOKENS, type Plan } from './plan.js';
import type { CpuUse } from './processes.js';
import { percentile } from './statistics.js';
import {
  latticeParents,
  randomParents,
  signToken,
  signWorkflow,
  type Signer,
  type Workflow,
} from './tokens.js';
import { measureYardstick } from './yardstick.js';

export interface Rate {
  readonly entries: number;
  readonly entriesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpu: CpuUse | undefined;
  readonly memoryBytes: readonly number[];
}

export interface Round {
  readonly yardstick: number;
  readonly oneConnection: Rate;
  readonly manyConnections: Rate;
  readonly batches: Rate;
}

export interface Ancestry {
  readonly name: string;
  /** Nodes in the answer. */
  readonly nodes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly aimMs: number | undefined;
}

export interface Stress {
  readonly name: string;
  readonly seconds: number;
  readonly memoryBytes: readonly number[];
}

/** Lets the service's code be compiled, so that what is measured afterwards is what it does all day. */
export async function warmUp(bench: Bench): Promise<void> {
  bench.tell('warming up');
  const yardstick = await measureYardstick(1);
  await measureSingles(bench, CONNECTIONS, { perSecond: yardstick * AIMS.single, seconds: 4 });
  await measureBatches(bench, { perSecond: yardstick * AIMS.batches, seconds: 3 });
}

export async function measureRound(bench: Bench, { seconds }: Plan): Promise<Round> {
  bench.tell('yardstick');
  const yardstick = await measureYardstick(seconds.yardstick);
  bench.tell('recording with one connection');
  // One client waits for the disk most of the time, so the yardstick says little about it.
  const oneConnection = await measureSingles(bench, 1, { perSecond: 400, seconds: seconds.oneConnection });
  bench.tell(`recording with ${CONNECTIONS} connections`);
  const manyConnections = await measureSingles(bench, CONNECTIONS, {
    perSecond: yardstick * AIMS.single,
    seconds: seconds.manyConnections,
  });
  bench.tell(`recording in batches of ${BATCH_TOKENS}`);
  const batches = await measureBatches(bench, {
    perSecond: yardstick * AIMS.batches,
    seconds: seconds.batches,
  });
  return { yardstick, oneConnection, manyConnections, batches };
}

/** As many tokens as are recorded in that time at that rate. */
interface Volume {
  readonly perSecond: number;
  readonly seconds: number;
}

/** How much longer than planned a load may take before the rest of it is left. */
const PATIENCE = 1.25;

async function measureSingles(
  bench: Bench,
  connections: number,
  { perSecond, seconds }: Volume,
): Promise<Rate> {
  const workflows = signWorkflows(bench.signer, perSecond * seconds);
  const load = (client: LoadClient): Promise<LoadResult> => client.recordSingly(workflows);
  return rateOf(await bench.measure(connections, load, PATIENCE * seconds));
}

async function measureBatches(bench: Bench, { perSecond, seconds }: Volume): Promise<Rate> {
  const batches = batchesOf(tokensOf(signWorkflows(bench.signer, perSecond * seconds)), BATCH_TOKENS);
  const load = (client: LoadClient): Promise<LoadResult> => client.recordInBatches(batches);
  return rateOf(await bench.measure(BATCHES_IN_FLIGHT, load, PATIENCE * seconds));
}

function rateOf({ entries, seconds, latenciesMs, cpu, memoryBytes }: Measured): Rate {
  const [p50Ms, p99Ms] = [percentile(latenciesMs, 0.5), percentile(latenciesMs, 0.99)];
  return { entries, entriesPerSecond: entries / seconds, p50Ms, p99Ms, cpu, memoryBytes };
}

export interface Shape {
  readonly name: string;
  readonly size: number;
  readonly parentsOf: (position: number) => readonly number[];
  /** On the median of its answers. */
  readonly aimMs?: number;
}

/** Two random parents among the ten tasks before; and the worst: layers of ten, each task resting on the whole layer before. */
export const SHAPES: readonly Shape[] = [
  { name: 'ancestry of 1 000', size: 1_000, parentsOf: randomParents, aimMs: AIMS.ancestry1000Ms },
  { name: 'ancestry of 10 000', size: 10_000, parentsOf: randomParents, aimMs: AIMS.ancestry10000Ms },
  { name: 'ancestry in a lattice of 10 × 1 000', size: 10_000, parentsOf: latticeParents(10) },
];

/** Records a workflow and asks for the ancestry of its last task, one question after the other. */
export async function measureAncestry(bench: Bench, shape: Shape, questions: number): Promise<Ancestry> {
  bench.tell(shape.name);
  const workflow = signWorkflow(bench.signer, shape.size, shape.parentsOf);
  await bench.measure(1, (client) => client.recordInBatches(batchesOf(workflow.tokens, 1_000)));
  const path = `/ledger/${workflow.lastJti}/ancestry?wid=${workflow.wid}&limit=10000`;
  const { nodes } = (await bench.get(path)) as { readonly nodes: readonly unknown[] };
  const { latenciesMs } = await bench.measure(1, (client) => client.ask(path, questions));
  const [p50Ms, p99Ms] = [percentile(latenciesMs, 0.5), percentile(latenciesMs, 0.99)];
  return { name: shape.name, nodes: nodes.length, p50Ms, p99Ms, aimMs: shape.aimMs };
}

/** Makes a token of nearly 16 KiB, the default limit. */
const PADDING_BYTES = 11_400;
/** What a batch's body may have. */
const LARGEST_BODY_BYTES = 32 * 1024 * 1024;

/** The largest batch that is accepted: 1 000 of the largest tokens, filled up with empty lines. */
export function stressWithLargestBatch(bench: Bench): Promise<Stress> {
  const tokens = Array.from({ length: 1_000 }, (_, i) =>
    signToken(bench.signer.privateKey, { jti: randomUUID(), par: [] }, i, PADDING_BYTES),
  );
  const body = tokens.join('\n').padEnd(LARGEST_BODY_BYTES, '\n');
  return stress(bench, '1 000 tokens in a body of 32 MiB', [{ entries: tokens.length, body }]);
}

/** As many tokens at once as the queue holds. */
export function stressWithManyBatches(bench: Bench): Promise<Stress> {
  const batches = batchesOf(tokensOf(signWorkflows(bench.signer, 10_000)), BATCH_TOKENS);
  return stress(bench, `${batches.length} batches of ${BATCH_TOKENS} at once`, batches);
}

async function stress(bench: Bench, name: string, batches: readonly Batch[]): Promise<Stress> {
  bench.tell(name);
  const load = await bench.measure(batches.length, (client) => client.recordInBatches(batches));
  return { name, seconds: load.seconds, memoryBytes: load.memoryBytes };
}

/** @throws Error when the ledger holds more or less than it answered for */
export async function checkNothingIsLost(bench: Bench): Promise<void> {
  const { entries } = (await bench.get('/ledger?order=desc&limit=1')) as {
    readonly entries: readonly { readonly index: number }[];
  };
  // Indices start at 1 and have no gap.
  const recorded = entries[0]?.index ?? 0;
  if (recorded !== bench.acknowledged)
    throw new Error(`${bench.acknowledged} entries were acknowledged, ${recorded} are in the ledger`);
}

/** Signs workflows of `tokens` tokens altogether. */
function signWorkflows(signer: Signer, tokens: number): readonly Workflow[] {
  return Array.from({ length: Math.ceil(tokens / WORKFLOW_TOKENS) }, () =>
    signWorkflow(signer, WORKFLOW_TOKENS, randomParents),
  );
}

function tokensOf(workflows: readonly Workflow[]): readonly string[] {
  return workflows.flatMap(({ tokens }) => tokens);
}

function batchesOf(tokens: readonly string[], size: number): readonly Batch[] {
  return Array.from({ length: Math.ceil(tokens.length / size) }, (_, i) => {
    const some = tokens.slice(i * size, (i + 1) * size);
    return { entries: some.length, body: some.join('\n') };
  });
}
