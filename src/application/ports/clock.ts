/** The time, injected so that tests can set it. */
export abstract class Clock {
  /** Milliseconds since the epoch, UTC. */
  abstract nowMs(): number;
}

export class SystemClock extends Clock {
  override nowMs(): number {
    return Date.now();
  }
}
