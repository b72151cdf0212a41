import { isLimited, type Visibility } from '../../application/caller.js';
import type {
  WorkflowFlag,
  WorkflowGraph,
  WorkflowsPage,
  WorkflowSummary,
} from '../../application/ports/ledger-store.js';
import type { KeyStatus } from '../../domain/key-status.js';
import { nodeOfRow, type NodeRow } from './node-row.js';
import type { Query } from './statement.js';
import { WORKFLOW_NODES } from './trace-sql.js';
import { sightParameters } from './visibility-sql.js';
import { WORKFLOW_FLAGS, WORKFLOWS, WORKFLOWS_IN_SIGHT, WORKFLOWS_OF_ISSUERS } from './workflow-sql.js';

interface FlagsRow {
  readonly wid: string;
  readonly isRejected: boolean;
  readonly isPending: boolean;
  readonly isRevoked: boolean;
}

export interface WorkflowTools {
  readonly log: number;
  readonly query: Query;
  readonly keyStatus: () => Promise<KeyStatus>;
}

/** Reads workflows: their list, one as a graph, and what of them deserves a look. */
export class PostgresWorkflows {
  constructor(private readonly tools: WorkflowTools) {}

  async graph(wid: string, limit: number, visibility: Visibility): Promise<WorkflowGraph | undefined> {
    const { log, query, keyStatus } = this.tools;
    const values = [log, wid, limit + 1, ...sightParameters(visibility)];
    const [rows, status] = await Promise.all([
      query<NodeRow & { isLeaf: boolean }>(WORKFLOW_NODES, values),
      keyStatus(),
    ]);
    if (rows.length === 0) return undefined;
    const shown = rows.slice(0, limit);
    return {
      nodes: shown.map((row) => status.ofNode(nodeOfRow(row))),
      roots: shown.filter(({ parents }) => parents === '').map(({ jti }) => jti),
      leaves: shown.filter(({ isLeaf }) => isLeaf).map(({ jti }) => jti),
      truncated: rows.length > limit,
    };
  }

  list(
    { limit, beforeIndex = Number.MAX_SAFE_INTEGER, issuers }: WorkflowsPage,
    visibility: Visibility,
  ): Promise<readonly WorkflowSummary[]> {
    const { log, query } = this.tools;
    const page = [log, limit, beforeIndex];
    if (isLimited(visibility))
      return query(WORKFLOWS_IN_SIGHT, [...page, ...sightParameters(visibility), issuers ?? null]);
    return issuers ? query(WORKFLOWS_OF_ISSUERS, [...page, issuers]) : query(WORKFLOWS, page);
  }

  async flags(
    wids: readonly string[],
    visibility: Visibility,
  ): Promise<ReadonlyMap<string, readonly WorkflowFlag[]>> {
    const { log, query, keyStatus } = this.tools;
    const revoked = (await keyStatus()).revokedKeys();
    const names = revoked.filter((key) => 'iss' in key);
    const rows = await query<FlagsRow>(WORKFLOW_FLAGS, [
      log,
      wids,
      ...sightParameters(visibility),
      revoked.filter((key) => 'jkt' in key).map(({ jkt }) => jkt),
      names.map(({ iss }) => iss),
      names.map(({ kid }) => kid),
    ]);
    return new Map(rows.map((row) => [row.wid, flagsOf(row)]));
  }
}

function flagsOf({ isRejected, isPending, isRevoked }: FlagsRow): readonly WorkflowFlag[] {
  return [
    ...(isRejected ? (['rejected'] as const) : []),
    ...(isPending ? (['pending_human_review'] as const) : []),
    ...(isRevoked ? (['revoked_key'] as const) : []),
  ];
}
