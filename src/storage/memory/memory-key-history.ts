import { canSee, isLimited, type Visibility } from '../../application/caller.js';
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
    addUse(this.kept, { jkt, jwk, alg, kid, source, iss: claims.iss, index, recordedAtMs });
  }

  override list(
    { iss, limit, before = Infinity }: KeysRequest,
    visibility: Visibility,
  ): Promise<readonly ListedKey[]> {
    const listed = [...this.keptIn(visibility).values()].flatMap((key) => {
      const use = key.uses.find((one) => iss === undefined || one.iss === iss);
      return use && use.firstIndex < before ? [{ ...this.usedKeyOf(key), position: use.firstIndex }] : [];
    });
    return Promise.resolve(listed.sort((a, b) => b.position - a.position).slice(0, limit));
  }

  override find(jkt: string, visibility: Visibility): Promise<UsedKey | undefined> {
    const key = this.keptIn(visibility).get(jkt);
    return Promise.resolve(key && this.usedKeyOf(key));
  }

  override impact(jkt: string, { fromMs, limit }: ImpactRequest, visibility: Visibility): Promise<Trace> {
    const starts = this.entriesIn(visibility)
      .filter((entry) => entry.jkt === jkt && entry.recordedAtMs >= fromMs)
      .map(({ index }) => index);
    const childrenOf = (from: number) =>
      this.tasks.childrenOf(from).filter((index) => canSee(visibility, this.tasks.nodeAt(index)));
    const { visited, truncated } = traverse(starts, childrenOf, { limit });
    const nodes = visited.map(({ index, depth }) => ({ ...this.tasks.nodeAt(index), depth }));
    return Promise.resolve({ nodes, truncated });
  }

  private entriesIn(visibility: Visibility): readonly Entry[] {
    return this.tasks.entries().filter(({ claims }) => canSee(visibility, claims));
  }

  /** The keys as if nothing else had been recorded than what is in sight. */
  private keptIn(visibility: Visibility): ReadonlyMap<string, KeptKey> {
    if (!isLimited(visibility)) return this.kept;
    const seen = new Map<string, KeptKey>();
    for (const { jkt, alg, kid, index, recordedAtMs, claims } of this.entriesIn(visibility)) {
      const key = this.kept.get(jkt);
      const source = key?.uses.find((use) => use.iss === claims.iss && use.kid === kid)?.source;
      if (key) addUse(seen, { jkt, jwk: key.jwk, alg, kid, source, iss: claims.iss, index, recordedAtMs });
    }
    return seen;
  }

  private usedKeyOf({ uses, ...key }: KeptKey): UsedKey {
    const names = uses.slice(0, MAX_KEY_NAMES).map(({ iss, kid, source }) => ({ iss, kid, source }));
    return { ...key, names, revocation: this.tasks.keyStatus().ofKey(key.jkt, names) };
  }
}

/** One entry's use of a key. */
interface Use extends KeyName, Pick<UsedKey, 'jkt' | 'jwk' | 'alg'> {
  readonly index: number;
  readonly recordedAtMs: number;
}

function addUse(kept: Map<string, KeptKey>, use: Use): void {
  const { jkt, jwk, alg, iss, kid, source, index, recordedAtMs } = use;
  const known = kept.get(jkt);
  const { uses = [] } = known ?? {};
  const isNew = !uses.some((one) => one.iss === iss && one.kid === kid);
  kept.set(jkt, {
    ...(known ?? { jkt, jwk, alg, firstIndex: index, firstUsedAtMs: recordedAtMs }),
    lastIndex: index,
    lastUsedAtMs: recordedAtMs,
    uses: isNew ? [...uses, { iss, kid, source, firstIndex: index }] : uses,
  });
}
