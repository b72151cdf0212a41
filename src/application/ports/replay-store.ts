/** A token as a verifier saw it. */
export interface Presentation {
  /** UUID in lower case. */
  readonly jti: string;
  /** Whose tokens these are; the same `jti` in another scope is another token. `undefined` is a scope of its own. */
  readonly scope: string | undefined;
}

/** Remembers which tokens were seen, for a time, for all instances on one store together. */
export abstract class ReplayStore {
  /**
   * Tells when the token was first seen (milliseconds since the epoch); `undefined` says that it was not, and that it is remembered from now
   * on for `ttlSeconds`. One atomic act: of any number of callers, on any instance, exactly one is told `undefined`. What was answered is durable.
   * A later sighting does not prolong the time.
   *
   * @throws LedgerError `store-unavailable`: then it may be remembered or not; `overloaded` when there is no room
   */
  abstract see(presentation: Presentation, ttlSeconds: number): Promise<number | undefined>;

  /**
   * Removes what is over its time, `limit` at most, and returns how many. Nobody waits for it; several instances may do it at once.
   *
   * @throws LedgerError `store-unavailable`
   */
  abstract forget(limit: number): Promise<number>;

  abstract close(): Promise<void>;
}
