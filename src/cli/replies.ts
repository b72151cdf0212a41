import type { Fault } from '../domain/errors.js';
import type { ReceiptJson } from '../domain/log/receipt.js';

/** The ledger's answers, as `http-api.md` describes them; only the members that the commands use. */
export interface EntryReply {
  readonly index: number;
  readonly jti: string;
  readonly wid?: string;
  readonly iss: string;
  readonly aud: readonly string[];
  readonly exec_act: string;
  readonly iat: number;
  readonly exp: number;
  readonly parents: readonly string[];
  readonly pol?: string;
  readonly pol_decision?: string;
  readonly profile: string;
  readonly alg: string;
  readonly kid: string;
  readonly jkt: string;
  readonly recorded_at: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly ect: string;
}

/** What a submission is answered with, whole or minimal. */
export interface RecordedReply {
  readonly index: number;
  readonly jti: string;
  readonly receipt?: ReceiptJson;
}

export interface Problem {
  readonly code: string;
  readonly detail?: string;
  readonly title?: string;
  readonly status: number;
  readonly instance?: string;
  readonly errors?: readonly Fault[];
  readonly parents?: readonly string[];
  readonly parent?: string;
  readonly wids?: readonly (string | null)[];
}

export interface BatchReply {
  readonly results: readonly BatchResult[];
}

/** One of a batch: a recorded token has an `index`, a rejected one a `problem`. */
export interface BatchResult {
  readonly status: number;
  readonly index?: number;
  readonly jti?: string;
  readonly receipt?: ReceiptJson;
  readonly problem?: Problem;
}

export interface NodeReply {
  readonly jti: string;
  readonly index: number;
  readonly iss: string;
  readonly exec_act: string;
  readonly iat: number;
  readonly recorded_at: string;
  readonly pol_decision?: string;
  readonly key_status?: string;
  readonly depth?: number;
  readonly parents: readonly string[];
}

export interface KeyReply {
  readonly jkt: string;
  readonly iss: string;
  readonly kid: string;
  readonly alg: string;
  readonly source?: string;
  readonly names: readonly { readonly iss: string; readonly kid: string }[];
  readonly jwk: object;
  readonly first_used_at: string;
  readonly last_used_at: string;
  readonly first_index: number;
  readonly last_index: number;
  readonly key_status: string;
  readonly revocation?: { readonly at: string; readonly reason: string };
}

export interface KeysReply {
  readonly keys: readonly KeyReply[];
  readonly next: string | null;
}

export interface RevocationReply {
  readonly jkt: string;
  readonly at: string;
  readonly reason: string;
}

export interface ImpactReply {
  readonly from: string;
  readonly nodes: readonly (NodeReply & { readonly depth: number })[];
  readonly truncated: boolean;
}

export interface TraceReply {
  readonly jti: string;
  readonly wid?: string;
  readonly direction: string;
  readonly nodes: readonly NodeReply[];
  readonly truncated: boolean;
}

export interface WorkflowReply {
  readonly wid: string;
  readonly nodes: readonly NodeReply[];
  readonly roots: readonly string[];
  readonly leaves: readonly string[];
  readonly truncated: boolean;
}

export interface WorkflowSummaryReply {
  readonly wid: string;
  readonly entries: number;
  readonly first_recorded_at: string;
  readonly last_recorded_at: string;
  readonly issuers: readonly string[];
}

export interface WorkflowsReply {
  readonly workflows: readonly WorkflowSummaryReply[];
  readonly next: string | null;
}
