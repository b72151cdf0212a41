import { type LedgerClient, type Query, unreachable } from './client.js';
import { Failure } from './failure.js';
import type { EntryReply } from './replies.js';

/** The ledger sends something at least every 15 s; after so long the connection is dead, whatever the network says. */
const SILENCE_MS = 45_000;
/** An entry in JSON is far smaller; no ledger sends more without an end of line. */
const MAX_LINE_LENGTH = 4 * 1024 * 1024;

/** What came: where to go on after it, and the entry, if it is not only a sign of life. */
export interface StreamedEvent {
  readonly lastEventId: string;
  readonly entry?: EntryReply;
}

/**
 * Reads `/events` until the connection ends, from either side.
 *
 * @throws Refusal, Unreachable; also `Unreachable` for a connection that breaks or falls silent
 */
export async function* readEvents(
  client: LedgerClient,
  query: Query,
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StreamedEvent> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const either = AbortSignal.any([signal, silence.signal]);
    const { body } = await client.events(query, lastEventId, either);
    for await (const block of blocksOf(body ?? [])) {
      timer.refresh();
      const event = parseBlock(block);
      if (event) yield event;
    }
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof Failure ? error : unreachable(client.url, error);
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** Events as the ledger writes them end with an empty line. */
async function* blocksOf(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    if (rest.length > MAX_LINE_LENGTH) throw new Error('an event has no end');
    yield* blocks;
  }
}

function parseBlock(block: string): StreamedEvent | undefined {
  const fields = new Map(
    block.split('\n').map((line) => {
      const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
      return [name, value] as const;
    }),
  );
  const lastEventId = fields.get('id');
  if (lastEventId === undefined) return undefined;
  const data = fields.get('data');
  if (fields.get('event') !== 'entry' || data === undefined) return { lastEventId };
  return { lastEventId, entry: JSON.parse(data) as EntryReply };
}
