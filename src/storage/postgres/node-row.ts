import type { DagNode } from '../../domain/entry.js';
import { LedgerError } from '../../domain/errors.js';

/** A row of `NODE_COLUMNS`; lists travel as text. */
export type NodeRow = Omit<DagNode, 'parents'> & { readonly parents: string };

export function nodeOfRow({
  jti,
  wid,
  index,
  iss,
  execAct,
  iat,
  recordedAtMs,
  polDecision,
  parents,
  kid,
  jkt,
}: NodeRow): DagNode {
  return {
    jti,
    wid: wid ?? undefined,
    index,
    iss,
    execAct,
    iat,
    recordedAtMs,
    polDecision: polDecision ?? undefined,
    parents: splitList(parents),
    kid,
    jkt,
  };
}

/** A list as SQL joins it with commas. */
export function splitList(text: string): readonly string[] {
  return text === '' ? [] : text.split(',');
}

/** @throws LedgerError `internal-error` */
export function nodeAt(nodes: ReadonlyMap<number, DagNode>, index: number): DagNode {
  const node = nodes.get(index);
  if (!node) throw new LedgerError('internal-error', `an edge names index ${index}, where no entry is`);
  return node;
}
