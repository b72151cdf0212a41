import { Metrics } from '../../src/application/ports/metrics.js';
import { LogSealer } from '../../src/application/seal-log.js';
import { Ed25519CheckpointSigner } from '../../src/keys/ed25519-checkpoint-signer.js';
import { MemoryCheckpointAnchor } from '../../src/storage/memory/memory-checkpoint-anchor.js';

/** A sealer with a key and an anchor of its own. */
export async function testSealer(origin = 'example.com/test-log'): Promise<LogSealer> {
  const signer = await Ed25519CheckpointSigner.generate(origin);
  return new LogSealer([signer], new MemoryCheckpointAnchor(), new SilentMetrics());
}

export class SilentMetrics extends Metrics {
  override recorded(): void {}
  override rejected(): void {}
  override appended(): void {}
  override verified(): void {}
  override queueDepth(): void {}
  override replayChecked(): void {}
  override keysFetched(): void {}
  override selfCheckFailed(): void {}
  override following(): void {}
  override followed(): void {}
}
