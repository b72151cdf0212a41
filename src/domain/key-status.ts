import type { DagNode, Entry } from './entry.js';
import type { Revocation, Revocations } from './revocation.js';

/** Marks what is read with what is known of its key now. */
export class KeyStatus {
  constructor(
    private readonly revocations: Revocations,
    private readonly nowMs: number,
  ) {}

  ofEntry(entry: Entry): Entry {
    const { jkt, kid, claims } = entry;
    return this.marked(entry, this.revocations.of({ jkt, kid, iss: claims.iss }));
  }

  ofNode<Node extends DagNode>(node: Node): Node {
    return this.marked(node, this.revocations.of(node));
  }

  /** The keys that are revoked now. */
  revokedKeys(): readonly Revocation['key'][] {
    return this.revocations.inForce(this.nowMs);
  }

  /** What revokes a key under any of its names, now or later; the earliest. */
  ofKey(
    jkt: string,
    names: readonly { readonly iss: string; readonly kid: string }[],
  ): KeyRevocation | undefined {
    const found = names.flatMap(({ iss, kid }) => this.revocations.of({ jkt, iss, kid }) ?? []);
    const [first] = found.sort((a, b) => a.atMs - b.atMs);
    return first && { atMs: first.atMs, reason: first.reason, isInForce: first.atMs <= this.nowMs };
  }

  private marked<Item extends object>(item: Item, revocation: Revocation | undefined): Item {
    if (!revocation || revocation.atMs > this.nowMs) return item;
    return { ...item, keyRevokedAtMs: revocation.atMs };
  }
}

/** What is told of a revoked key. */
export interface KeyRevocation {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly reason: string;
  /** Whether that time has come. */
  readonly isInForce: boolean;
}
