import type { Caller } from '../caller.js';

/** Says who presents a bearer token (RFC 6750). Safe to call concurrently. */
export abstract class Authenticator {
  /**
   * Whose token this is: `undefined` when it is nobody's, not valid any more, or meant for somebody else. Takes as long for a token that is
   * nearly right as for any other.
   *
   * @param token hostile
   * @throws LedgerError `store-unavailable` when that can't be found out at the moment
   */
  abstract authenticate(token: string): Caller | undefined | Promise<Caller | undefined>;

  abstract close(): void;
}
