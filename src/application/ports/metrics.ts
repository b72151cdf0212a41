import type { ProblemCode } from '../../domain/errors.js';

/** Where the use cases count what they do; must not throw. */
export abstract class Metrics {
  abstract recorded(count: number): void;
  abstract rejected(code: ProblemCode): void;
  /** One append: how many tokens it held and how long it took. */
  abstract appended(tokens: number, seconds: number): void;
  /** One token authenticated and its claims checked, or refused. */
  abstract verified(seconds: number): void;
  /** Tokens waiting for an append. */
  abstract queueDepth(tokens: number): void;
  /** One token asked about for shared replay detection. */
  abstract replayChecked(wasSeen: boolean): void;
  /** One fetch of the key set of an issuer or trust domain. */
  abstract keysFetched(owner: string, succeeded: boolean): void;
  /** A proof of our own did not verify: must never happen. */
  abstract selfCheckFailed(): void;
  /** Clients that follow the log now. */
  abstract following(clients: number): void;
  /** Entries handed to a follower. */
  abstract followed(entries: number): void;
}
