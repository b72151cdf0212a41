/** One step of a verification, with a sentence for a person. */
export interface Check {
  /** Stable, for programs and tests. */
  readonly name: string;
  readonly title: string;
  /** `skipped`: it could not be checked here. */
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly detail: string;
  /** Keys that the reader may accept instead of the pinned ones, having compared them with what is known from elsewhere. */
  readonly acceptable?: readonly string[];
}
