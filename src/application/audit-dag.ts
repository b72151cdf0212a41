import type { AuditedPlace } from './audit-entry.js';
import type { Findings } from './audit-findings.js';
import type { AuditStore, NamedParent } from './ports/audit-store.js';

/**
 * The rules of the DAG that hold whatever the configuration was (ECT §6.1, §6.2, §6.4): a task is there once, its parents exist and come
 * before it, and the edges are its token's. Plus what only the order tells: position in the workflow, time of recording.
 */
export async function auditDag(
  places: readonly AuditedPlace[],
  store: AuditStore,
  findings: Findings,
): Promise<void> {
  const first = places[0]?.index ?? 0;
  const named = places.flatMap(({ index, ect }) =>
    (ect?.claims.parents ?? []).map((jti): NamedParent => ({ child: index, jti, wid: ect?.claims.wid })),
  );
  const wids = [...new Set(places.flatMap(({ entry }) => (entry?.wid === undefined ? [] : [entry.wid])))];
  const [twins, candidates, positions, recordedBefore] = await Promise.all([
    store.twins(first, places.length),
    store.candidates(named),
    store.positionsBefore(wids, first),
    store.recordedBefore(first),
  ]);
  for (const { index, earlier } of twins)
    findings.add(index, 'duplicate-task', `the task at index ${index} is also that at index ${earlier}`);
  auditEdges(places, resolve(named, candidates, findings), findings);
  auditPositions(places, new Map(positions), findings);
  auditTimes(places, recordedBefore, findings);
}

/** The parents' indices by child; those of a child whose parents can't all be found are not there. */
function resolve(
  named: readonly NamedParent[],
  candidates: readonly (readonly number[])[],
  findings: Findings,
): ReadonlyMap<number, ReadonlyMap<number, string> | undefined> {
  const byChild = new Map<number, Map<number, string>>();
  for (const [at, { child, jti }] of named.entries()) {
    const parents = byChild.get(child) ?? new Map<number, string>();
    byChild.set(child, parents);
    const [parent, ...more] = candidates[at] ?? [];
    if (parent === undefined)
      findings.add(
        child,
        'parent-missing',
        `the parent ${jti} of the task at index ${child} is not recorded`,
      );
    else if (more.length > 0)
      findings.add(child, 'parent-missing', `the parent ${jti} of the task at index ${child} is ambiguous`);
    else if (parent >= child)
      findings.add(
        child,
        'parent-order',
        `the parent ${jti} of the task at index ${child} comes after it, at ${parent}`,
      );
    else parents.set(parent, jti);
  }
  return byChild;
}

function auditEdges(
  places: readonly AuditedPlace[],
  expected: ReadonlyMap<number, ReadonlyMap<number, string> | undefined>,
  findings: Findings,
): void {
  for (const { index, parents: stored, ect } of places) {
    const named = expected.get(index) ?? new Map<number, string>();
    for (const [parent, jti] of named) {
      if (!stored.includes(parent))
        findings.add(
          index,
          'edge-missing',
          `the edge from ${index} to its parent ${parent} (${jti}) is missing`,
        );
    }
    // Without a readable token nothing says which edges belong to it.
    for (const parent of ect ? stored.filter((one) => !named.has(one)) : [])
      findings.add(
        index,
        'edge-unexpected',
        `an edge leads from ${index} to ${parent}, which its token does not name as parent`,
      );
  }
}

function auditPositions(
  places: readonly AuditedPlace[],
  positions: Map<string, number>,
  findings: Findings,
): void {
  for (const { index, entry } of places) {
    if (entry?.wid === undefined) continue;
    const expected = (positions.get(entry.wid) ?? 0) + 1;
    const { workflowPosition = expected } = entry;
    if (entry.workflowPosition !== expected)
      findings.add(
        index,
        'workflow-position',
        `the entry at index ${index} should be number ${expected} of its workflow`,
      );
    positions.set(entry.wid, workflowPosition);
  }
}

function auditTimes(places: readonly AuditedPlace[], before: number, findings: Findings): void {
  let latest = before;
  for (const { index, entry } of places) {
    if (!entry) continue;
    if (entry.recordedAtMs < latest)
      findings.add(
        index,
        'recorded-at-order',
        `the entry at index ${index} was recorded before the one before it`,
      );
    latest = entry.recordedAtMs;
  }
}
