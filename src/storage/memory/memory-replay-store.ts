import { ReplayStore, type Presentation } from '../../application/ports/replay-store.js';
import type { Clock } from '../../application/ports/clock.js';
import { SightingMemory } from '../../application/replay-cache.js';

/** Remembers tokens for one process. */
export class MemoryReplayStore extends ReplayStore {
  private readonly memory: SightingMemory;

  constructor(private readonly clock: Clock) {
    super();
    this.memory = new SightingMemory(clock);
  }

  override see({ jti, scope }: Presentation, ttlSeconds: number): Promise<number | undefined> {
    const key = scope === undefined ? jti : `${jti} ${scope}`;
    return Promise.resolve(this.memory.see(key, this.clock.nowMs() + 1_000 * ttlSeconds));
  }

  override forget(): Promise<number> {
    return Promise.resolve(this.memory.forgetExpired());
  }

  override close(): Promise<void> {
    return Promise.resolve();
  }
}
