/** What an audit can find; the codes are API, for monitors. */
export type FindingCode =
  | 'leaf-missing'
  | 'leaf-malformed'
  | 'leaf-unexpected'
  | 'leaf-changed'
  | 'genesis-differs'
  | 'entry-missing'
  | 'entry-unexpected'
  | 'entry-changed'
  | 'token-missing'
  | 'token-unexpected'
  | 'token-changed'
  | 'token-malformed'
  | 'signature-invalid'
  | 'trust-missing'
  | 'trust-unexpected'
  | 'trust-changed'
  | 'key-missing'
  | 'key-changed'
  | 'duplicate-task'
  | 'parent-missing'
  | 'parent-order'
  | 'edge-missing'
  | 'edge-unexpected'
  | 'workflow-position'
  | 'recorded-at-order'
  | 'tile-missing'
  | 'tile-changed'
  | 'beyond-log'
  | 'tree-unknown'
  | 'checkpoint-missing'
  | 'checkpoint-malformed'
  | 'checkpoint-signature'
  | 'checkpoint-root'
  | 'anchor-ahead'
  | 'anchor-differs'
  | 'anchor-signature';

/** Something that is not as it was recorded. */
export interface Finding {
  /** The place in the log, or of the first leaf concerned; `undefined` when it concerns the log as a whole. */
  readonly index: number | undefined;
  readonly what: FindingCode;
  /** For a person. */
  readonly detail: string;
}

/** How many findings are kept; a swapped database would have one an entry. */
const MAX_FINDINGS = 1_000;

/** Collects findings; those beyond the limit are only counted. */
export class Findings {
  private readonly kept: Finding[] = [];
  private found = 0;

  constructor(private readonly onFinding: (finding: Finding) => void = () => undefined) {}

  add(index: number | undefined, what: FindingCode, detail: string): void {
    this.found++;
    if (this.found > MAX_FINDINGS) return;
    const finding = { index, what, detail };
    this.kept.push(finding);
    this.onFinding(finding);
  }

  get total(): number {
    return this.found;
  }

  get list(): readonly Finding[] {
    return this.kept;
  }
}
