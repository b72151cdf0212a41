import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Refusal } from '../../src/cli/client.js';
import { gatherCast } from '../../src/cli/demo/cast.js';
import { Performance } from '../../src/cli/demo/performance.js';
import { Failure } from '../../src/cli/failure.js';
import { Terminal } from '../../src/cli/terminal.js';
import { makeTempDir } from '../support/temp-dir.js';

/** A ledger that refuses so often what it would take, and goes away after the first task. */
class SlowLedger {
  asked = 0;

  constructor(private readonly refusals: readonly Refusal[]) {}

  record(): never {
    const refusal = this.refusals[this.asked++];
    throw refusal ?? new Failure('the story goes on');
  }

  recordBatch(): never {
    throw new Error('the first scene is one task');
  }
}

const UNKNOWN = new Refusal({ code: 'unknown-key', status: 403 });
const PENDING = new Refusal({ code: 'store-unavailable', status: 503 });
const WRONG = new Refusal({ code: 'wrong-audience', status: 403 });

test('waits until the ledger has read the trust file, and until its log says so', async () => {
  const ledger = new SlowLedger([UNKNOWN, PENDING, UNKNOWN]);
  await expect(play(ledger)).rejects.toThrow('the story goes on');
  expect(ledger.asked).toBe(4);
});

test('does not wait when waiting is of no use', async () => {
  const ledger = new SlowLedger([WRONG]);
  await expect(play(ledger)).rejects.toThrow('wrong-audience');
  expect(ledger.asked).toBe(1);
});

async function play(client: SlowLedger): Promise<void> {
  const { cast } = await gatherCast(join(await makeTempDir(), 'demo'));
  const sink = { write: (_: string, done: () => void) => done() };
  const terminal = new Terminal(sink, sink, false);
  await new Performance({ client, terminal, cast, audience: 'https://ledger.example', pauseMs: 0 }).play();
}
