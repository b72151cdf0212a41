import {
  KeyHistory,
  MAX_KEY_NAMES,
  type KeyName,
  type ImpactRequest,
  type KeysRequest,
  type ListedKey,
  type UsedKey,
} from '../../application/ports/key-history.js';
import type { Trace } from '../../application/ports/ledger-store.js';
import type { AdmittedEct } from '../../domain/dag/admission.js';
import { traverse } from '../../domain/dag/traversal.js';
import type { DagNode, Entry } from '../../domain/entry.js';
import type { KeyStatus } from '../../domain/key-status.js';

interface KeyUse extends KeyName {
  readonly firstIndex: number;
}

interface KeptKey extends Omit<UsedKey, 'names'> {
  readonly uses: readonly KeyUse[];
}

/** What the store in memory knows beside the keys. */
export interface RecordedGraph {
  keyStatus(): KeyStatus;
  nodeAt(index: number): DagNode;
  childrenOf(index: number): readonly number[];
  /** By index. */
  entries(): readonly Entry[];
}

/** The keys of the entries that a store in memory kept. */
export class MemoryKeyHistory extends KeyHistory {
  private readonly kept = new Map<string, KeptKey>();

  constructor(private readonly tasks: RecordedGraph) {
    super();
  }

  keep({ ect, index, recordedAtMs }: AdmittedEct): void {
    const { jkt, jwk, alg, kid, source, claims } = ect;
    const known = this.kept.get(jkt);
    const { uses = [] } = known ?? {};
    const isNew = !uses.some((use) => use.iss === claims.iss && use.kid === kid);
    this.kept.set(jkt, {
      ...(known ?? { jkt, jwk, alg, firstIndex: index, firstUsedAtMs: recordedAtMs }),
      lastIndex: index,
      lastUsedAtMs: recordedAtMs,
      uses: isNew ? [...uses, { iss: claims.iss, kid, source, firstIndex: index }] : uses,
    });
  }

  override list({ iss, limit, before = Infinity }: KeysRequest): Promise<readonly ListedKey[]> {
    const listed = [...this.kept.values()].flatMap((key) => {
      const use = key.uses.find((one) => iss === undefined || one.iss === iss);
      return use && use.firstIndex < before ? [{ ...this.usedKeyOf(key), position: use.firstIndex }] : [];
    });
    return Promise.resolve(listed.sort((a, b) => b.position - a.position).slice(0, limit));
  }

  override find(jkt: string): Promise<UsedKey | undefined> {
    const key = this.kept.get(jkt);
    return Promise.resolve(key && this.usedKeyOf(key));
  }

  override impact(jkt: string, { fromMs, limit }: ImpactRequest): Promise<Trace> {
    const signed = this.tasks.entries().filter((entry) => entry.jkt === jkt && entry.recordedAtMs >= fromMs);
    const starts = signed.map(({ index }) => index);
    const { visited, truncated } = traverse(starts, (from) => this.tasks.childrenOf(from), { limit });
    const nodes = visited.map(({ index, depth }) => ({ ...this.tasks.nodeAt(index), depth }));
    return Promise.resolve({ nodes, truncated });
  }

  private usedKeyOf({ uses, ...key }: KeptKey): UsedKey {
    const names = uses.slice(0, MAX_KEY_NAMES).map(({ iss, kid, source }) => ({ iss, kid, source }));
    return { ...key, names, revocation: this.tasks.keyStatus().ofKey(key.jkt, names) };
  }
}
