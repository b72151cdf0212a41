/** What the ledger answers (docs at `/docs`). All of it came in from outside: text to show, never markup. */

export type Decision = 'approved' | 'rejected' | 'pending_human_review';

export interface WorkflowSummary {
  readonly wid: string;
  readonly entries: number;
  readonly first_recorded_at: string;
  readonly last_recorded_at: string;
  readonly issuers: readonly string[];
  readonly flags: readonly ('rejected' | 'pending_human_review' | 'revoked_key')[];
}

export interface WorkflowsPage {
  readonly workflows: readonly WorkflowSummary[];
  readonly next: string | null;
}

interface KeyStatus {
  /** Only when the key was revoked. */
  readonly key_status?: 'revoked';
  readonly key_revoked_at?: string;
}

/** A task of a graph. */
export interface TaskNode extends KeyStatus {
  readonly jti: string;
  readonly index: number;
  readonly iss: string;
  readonly exec_act: string;
  readonly iat: number;
  readonly recorded_at: string;
  readonly pol_decision?: Decision;
  readonly parents: readonly string[];
}

export interface Graph {
  readonly nodes: readonly TaskNode[];
  readonly truncated: boolean;
}

export interface Entry extends TaskNode {
  readonly wid?: string;
  readonly aud: readonly string[];
  readonly exp: number;
  readonly pol?: string;
  readonly profile: string;
  readonly alg: string;
  readonly kid: string;
  readonly jkt: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly ect: string;
}

export interface EntriesPage {
  readonly entries: readonly Entry[];
  readonly next: string | null;
}

/** A key that verified entries. */
export interface UsedKey {
  readonly jkt: string;
  readonly names: readonly { readonly iss: string }[];
}

export interface KeysPage {
  readonly keys: readonly UsedKey[];
  readonly next: string | null;
}

export interface JwkSet {
  readonly keys: readonly { readonly vkey?: string }[];
}
