/** One step of a verification, with a sentence for a person. */
export interface Check {
  /** Stable, for programs and tests. */
  readonly name: string;
  readonly title: string;
  /** `skipped`: it could not be checked here. */
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly detail: string;
}
