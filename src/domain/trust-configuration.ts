import { createHash } from 'node:crypto';
import { concatBytes, encodeUtf8 } from './log/bytes.js';
import { encodeLeaf } from './log/leaf.js';

/** A revocation that the administrator said through the API. */
interface SaidRevocation {
  readonly jkt: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly reason: string;
}

/**
 * What is trusted, as bytes: the trust file and the files it names, as they are, then the stored revocations, a line of JSON each, in the
 * order in which they were stored.
 */
export function trustConfiguration(files: Uint8Array, revocations: readonly SaidRevocation[]): Uint8Array {
  const lines = revocations.map(
    ({ jkt, atMs, reason }) => `${JSON.stringify({ jkt, at: new Date(atMs).toISOString(), reason })}\n`,
  );
  return concatBytes(files, encodeUtf8(lines.join('')));
}

/** SHA-256, base64url without padding, as trust leaves have it. */
export function trustDigest(configuration: Uint8Array): string {
  return createHash('sha256').update(configuration).digest('base64url');
}

/** The leaf that says that this is trusted from here on. */
function trustLeaf(configuration: Uint8Array): Uint8Array {
  return encodeLeaf({
    kind: 'trust',
    digest: trustDigest(configuration),
    sizeBytes: configuration.length,
  });
}

/**
 * The leaves of a change. Before the first there is none, so that a ledger whose trust never changes has none: then that of what was trusted
 * until now comes right before.
 */
export function leavesOfChange(
  before: { readonly configuration: Uint8Array; readonly hasLeaf: boolean },
  configuration: Uint8Array,
): readonly Uint8Array[] {
  return [...(before.hasLeaf ? [] : [trustLeaf(before.configuration)]), trustLeaf(configuration)];
}
