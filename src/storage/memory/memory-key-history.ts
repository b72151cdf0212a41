import {
  KeyHistory,
  MAX_KEY_NAMES,
  type KeyName,
  type KeysRequest,
  type ListedKey,
  type UsedKey,
} from '../../application/ports/key-history.js';
import type { AdmittedEct } from '../../domain/dag/admission.js';
import type { KeyStatus } from '../../domain/key-status.js';

interface KeyUse extends KeyName {
  readonly firstIndex: number;
}

interface KeptKey extends Omit<UsedKey, 'names'> {
  readonly uses: readonly KeyUse[];
}

/** The keys of the entries that a store in memory kept. */
export class MemoryKeyHistory extends KeyHistory {
  private readonly kept = new Map<string, KeptKey>();

  constructor(private readonly keyStatus: () => KeyStatus) {
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

  private usedKeyOf({ uses, ...key }: KeptKey): UsedKey {
    const names = uses.slice(0, MAX_KEY_NAMES).map(({ iss, kid, source }) => ({ iss, kid, source }));
    return { ...key, names, revocation: this.keyStatus().ofKey(key.jkt, names) };
  }
}
