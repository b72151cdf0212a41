import type { Visibility } from '../../application/caller.js';
import {
  LedgerStore,
  outcomeOf,
  type AppendOutcome,
  type EntryFilter,
  type PageRequest,
  type TaskQuery,
  type Trace,
  type TraceRequest,
  type WorkflowFlag,
  type WorkflowGraph,
  type WorkflowsPage,
  type WorkflowSummary,
} from '../../application/ports/ledger-store.js';
import type { Clock } from '../../application/ports/clock.js';
import { RevocationList } from '../../application/revocation-list.js';
import type { LogSealer, Seal } from '../../application/seal-log.js';
import {
  admitSubmissions,
  admittedByIndex,
  entryOf,
  leafOf,
  type AdmissionRules,
  type AdmittedEct,
  type RecordedTask,
  type RecordedTasks,
} from '../../domain/dag/admission.js';
import { traverse } from '../../domain/dag/traversal.js';
import { concatBytes } from '../../domain/log/bytes.js';
import type { Receipt } from '../../domain/log/receipt.js';
import type { TileReader } from '../../domain/log/stored-tiles.js';
import { nodeOf, type DagNode, type Entry, type VerifiedEct } from '../../domain/entry.js';
import { KeyStatus } from '../../domain/key-status.js';
import { flagsOf, isAsked, isSeen, matches, push, seenOf, summarise, type Kept } from './kept.js';
import { MemoryKeyHistory } from './memory-key-history.js';
import { MemoryTrustStore } from './memory-trust-store.js';

/** Keeps entries in this process only: for tests, demos and as a library. Nothing survives the process. */
export class MemoryLedgerStore extends LedgerStore implements RecordedTasks {
  readonly keys = new MemoryKeyHistory({
    keyStatus: () => this.keyStatus(),
    nodeAt: (index) => this.nodeAt(index),
    childrenOf: (index) => this.at(index).children,
    entries: () => this.kept.map(({ entry }) => entry),
  });
  readonly trust: MemoryTrustStore;
  /** By index, which not every leaf has an entry for. */
  private readonly kept: Kept[] = [];
  private readonly byIndex = new Map<number, Kept>();
  private readonly byJti = new Map<string, Kept[]>();
  private readonly byWid = new Map<string, Kept[]>();
  private readonly leafBytes: Uint8Array[] = [];
  private readonly tiles = new Map<string, Uint8Array>();
  /** Signed notes by size. */
  private readonly checkpoints = new Map<number, string>();

  constructor(
    private readonly rules: AdmissionRules,
    private readonly sealer: LogSealer,
    private readonly clock: Clock,
    private readonly revocations: RevocationList = new RevocationList(),
  ) {
    super();
    this.trust = new MemoryTrustStore(revocations, {
      nextRecordingMs: () => this.nextRecordingMs(),
      hasEntries: () => this.kept.length > 0,
      appendLeaves: async (leaves) => {
        await this.sealLeaves([...this.genesisIfFirst(), ...leaves], () => undefined);
        return this.leafBytes.length - 1;
      },
    });
  }

  override async append(
    submissions: readonly (readonly VerifiedEct[])[],
  ): Promise<readonly (readonly AppendOutcome[])[]> {
    const size = this.leafBytes.length;
    const head = {
      nextIndex: Math.max(size, 1),
      recordedAtMs: this.nextRecordingMs(),
      revocations: this.revocations.current,
    };
    const admissions = admitSubmissions(submissions, this, head, this.rules);
    const admitted = admittedByIndex(admissions);
    const leaves = [...this.genesisIfFirst(), ...admitted.map(leafOf)];
    const receipts = await this.sealLeaves(leaves, () => {
      for (const one of admitted) this.keep(one);
    });
    return admissions.map((ones) => ones.map((one) => outcomeOf(one, receipts)));
  }

  override find({ jti, wid }: TaskQuery, limit: number, visibility: Visibility): Promise<readonly Entry[]> {
    const found = seenOf(this.byJti.get(jti) ?? [], visibility).filter(
      ({ task }) => wid === undefined || (task.wid ?? null) === wid,
    );
    return Promise.resolve(this.shown(found.slice(0, limit).map(({ entry }) => entry)));
  }

  override search(filter: EntryFilter, page: PageRequest, visibility: Visibility): Promise<readonly Entry[]> {
    const { order, limit, afterIndex } = page;
    const entries = seenOf(this.kept, visibility)
      .map(({ entry }) => entry)
      .filter((entry) => matches(entry, filter));
    const ordered = order === 'asc' ? entries : entries.reverse();
    const isBeyond = ({ index }: Entry) =>
      afterIndex === undefined || (order === 'asc' ? index > afterIndex : index < afterIndex);
    return Promise.resolve(this.shown(ordered.filter(isBeyond).slice(0, limit)));
  }

  override trace(index: number, request: TraceRequest, visibility: Visibility): Promise<Trace> {
    const atSize = request.atSize ?? Infinity;
    const neighbours = (from: number) => {
      const { parents, children } = this.at(from);
      const next = request.direction === 'ancestors' ? parents : children.filter((child) => child < atSize);
      return next.filter((one) => isSeen(this.at(one), visibility));
    };
    const { visited, truncated } = traverse([index], neighbours, request);
    const nodes = visited.map((step) => ({ ...this.nodeAt(step.index), depth: step.depth }));
    return Promise.resolve({ nodes, truncated });
  }

  override workflow(wid: string, limit: number, visibility: Visibility): Promise<WorkflowGraph | undefined> {
    const all = seenOf(this.byWid.get(wid) ?? [], visibility);
    if (all.length === 0) return Promise.resolve(undefined);
    const shown = all.slice(0, limit);
    const isLeaf = ({ children }: Kept) => !children.some((child) => isSeen(this.at(child), visibility));
    const jtisOf = (kept: readonly Kept[]) => kept.map(({ task }) => task.jti);
    return Promise.resolve({
      nodes: shown.map(({ entry }) => this.nodeAt(entry.index)),
      roots: jtisOf(shown.filter(({ parents }) => parents.length === 0)),
      leaves: jtisOf(shown.filter(isLeaf)),
      truncated: all.length > limit,
    });
  }

  override workflows(page: WorkflowsPage, visibility: Visibility): Promise<readonly WorkflowSummary[]> {
    const summaries = [...this.byWid]
      .map(([wid, kept]) => [wid, seenOf(kept, visibility)] as const)
      .filter(([, kept]) => kept.length > 0)
      .map(([wid, kept]) => summarise(wid, kept));
    const asked = summaries
      .filter((summary) => isAsked(summary, page))
      .sort((a, b) => b.firstIndex - a.firstIndex);
    return Promise.resolve(asked.slice(0, page.limit));
  }

  override workflowFlags(
    wids: readonly string[],
    visibility: Visibility,
  ): Promise<ReadonlyMap<string, readonly WorkflowFlag[]>> {
    const ofWorkflow = (wid: string) =>
      this.shown(seenOf(this.byWid.get(wid) ?? [], visibility).map(({ entry }) => entry));
    return Promise.resolve(new Map(wids.map((wid) => [wid, flagsOf(ofWorkflow(wid))])));
  }

  override size(): Promise<number> {
    return Promise.resolve(this.leafBytes.length);
  }

  override checkpoint(size = this.leafBytes.length): Promise<string | undefined> {
    return Promise.resolve(this.checkpoints.get(size));
  }

  override readTiles(): Promise<TileReader> {
    return Promise.resolve(({ level, index }) => this.tiles.get(`${level}/${index}`) ?? new Uint8Array());
  }

  override leaves(first: number, count: number): Promise<readonly Uint8Array[]> {
    return Promise.resolve(this.leafBytes.slice(first, first + count));
  }

  override entryAt(index: number, visibility: Visibility): Promise<Entry | undefined> {
    const kept = this.byIndex.get(index);
    return Promise.resolve(kept && isSeen(kept, visibility) ? this.shown([kept.entry])[0] : undefined);
  }

  task({ jti, wid }: { readonly jti: string; readonly wid?: string | undefined }): RecordedTask | undefined {
    return this.byJti.get(jti)?.find(({ task }) => task.wid === wid)?.task;
  }

  anywhere(jti: string): readonly RecordedTask[] {
    return (this.byJti.get(jti) ?? []).map(({ task }) => task);
  }

  /** Entries as readers see them. */
  private shown(entries: readonly Entry[]): readonly Entry[] {
    const status = this.keyStatus();
    return entries.map((entry) => status.ofEntry(entry));
  }

  private nodeAt(index: number): DagNode {
    return this.keyStatus().ofNode(nodeOf(this.at(index).entry));
  }

  private keyStatus(): KeyStatus {
    return new KeyStatus(this.revocations.current, this.clock.nowMs());
  }

  /** Never goes back. */
  private nextRecordingMs(): number {
    return Math.max(this.clock.nowMs(), this.kept.at(-1)?.entry.recordedAtMs ?? 0);
  }

  private genesisIfFirst(): readonly Uint8Array[] {
    return this.leafBytes.length === 0 ? [this.sealer.genesis()] : [];
  }

  /** @param keep stores what the leaves are of, before anybody hears of them */
  private async sealLeaves(
    leaves: readonly Uint8Array[],
    keep: () => void,
  ): Promise<ReadonlyMap<number, Receipt>> {
    if (leaves.length === 0) return new Map();
    const seal = await this.sealer.seal(this, leaves);
    this.keepSeal(leaves, seal);
    keep();
    await this.sealer.settle(seal);
    return seal.receipts;
  }

  private keepSeal(leaves: readonly Uint8Array[], { growth, checkpoint }: Seal): void {
    this.leafBytes.push(...leaves);
    this.checkpoints.set(growth.edge.size, checkpoint);
    for (const { tile, hashes } of growth.rows) {
      const key = `${tile.level}/${tile.index}`;
      this.tiles.set(key, concatBytes(this.tiles.get(key) ?? new Uint8Array(), hashes));
    }
  }

  private keep(admitted: AdmittedEct): void {
    const { ect, index, recordedAtMs, parentIndices } = admitted;
    const entry = entryOf(ect, { index, recordedAtMs, jkt: ect.jkt });
    const task = { ...ect.claims, index, recordedAtMs, digest: ect.digest, jkt: ect.jkt };
    const kept = { entry, task, parents: parentIndices, children: [] };
    for (const parent of parentIndices) this.at(parent).children.push(index);
    this.kept.push(kept);
    this.byIndex.set(index, kept);
    this.keys.keep(admitted);
    push(this.byJti, task.jti, kept);
    if (task.wid !== undefined) push(this.byWid, task.wid, kept);
  }

  private at(index: number): Kept {
    const kept = this.byIndex.get(index);
    if (!kept) throw new Error(`there is no entry at index ${index}`);
    return kept;
  }
}
