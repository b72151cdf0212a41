import { Controller, Get, Headers, Inject, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { finished, Readable } from 'node:stream';
import type { z } from 'zod';
import type { Caller } from '../application/caller.js';
import { FollowLedger, type Following, type Step } from '../application/follow-ledger.js';
import { ReadLedger } from '../application/read-ledger.js';
import { Needs, RequestCaller } from './access.js';
import { ApiProblems } from './openapi.js';
import { invalidRequest } from './problem.js';
import { eventsQuerySchema, lastEventIdSchema } from './query-schemas.js';
import { faultsOf } from './request-pipe.js';
import { entryJson } from './representations.js';

/** How long a browser waits before it connects again. */
const RETRY_MS = 2_000;
/** A connection over which nothing could be sent for so long, heartbeats included, is given up. */
const IDLE_TIMEOUT_MS = 60_000;
/** How long a client may take for what is left when the service stops. */
const STOP_GRACE_MS = 500;

@ApiTags('Reading')
@Controller('events')
export class EventsController {
  constructor(
    @Inject(FollowLedger) private readonly follower: FollowLedger,
    @Inject(ReadLedger) private readonly reader: ReadLedger,
  ) {}

  @Get()
  @Needs('ledger:read')
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description:
      'The `id` of the last event that arrived: the stream goes on after it. Browsers send it by themselves.',
    schema: { type: 'string' },
  })
  @ApiOperation({
    summary: 'Follow what is recorded',
    description:
      'Server-sent events: one `entry` per recording, in the order of the index, without loss and without a duplicate. `id` is the index, `data` the entry. ' +
      'The stream has no end, so try it with `curl -N` or `ect-ledger tail`.',
  })
  @ApiResponse({
    status: 200,
    description: 'The stream',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  @ApiProblems('invalid-request', 'overloaded', 'store-unavailable')
  async events(
    @Query({ schema: eventsQuerySchema }) { wid, after }: z.output<typeof eventsQuerySchema>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @RequestCaller() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const afterIndex = await this.start(lastEventId, after);
    const following = this.follower.follow({ afterIndex, wid }, caller);
    endWithConnection(following, reply);
    await reply
      .header('Content-Type', 'text/event-stream; charset=utf-8')
      .header('Cache-Control', 'no-store')
      .header('Connection', 'close')
      .header('X-Accel-Buffering', 'no')
      .send(Readable.from(eventsOf(following, afterIndex), { objectMode: false }));
  }

  /** @throws LedgerError `invalid-request` for an index that the log has not reached: it is that of another log */
  private async start(lastEventId: string | undefined, after: number | undefined): Promise<number> {
    const given = lastEventIdSchema.safeParse(lastEventId);
    if (!given.success) throw invalidRequest(faultsOf(given.error.issues, '/header/Last-Event-ID'));
    const size = await this.reader.size();
    const index = given.data ?? after ?? Math.max(0, size - 1);
    if (index < Math.max(1, size)) return index;
    const pointer = given.data === undefined ? '/query/after' : '/header/Last-Event-ID';
    throw invalidRequest([{ pointer, message: `the log has only ${size} leaves` }]);
  }
}

function endWithConnection({ stop, ended }: Following, { raw }: FastifyReply): void {
  finished(raw, stop);
  raw.setTimeout(IDLE_TIMEOUT_MS, () => raw.destroy());
  ended.addEventListener('abort', () => {
    setTimeout(() => raw.destroy(), STOP_GRACE_MS).unref();
  });
}

/** The steps as the event stream of HTML §9.2.6. A client that is cut off before the first entry knows from `id` where to go on. */
async function* eventsOf({ steps }: Following, afterIndex: number): AsyncGenerator<string> {
  yield `retry: ${RETRY_MS}\nid: ${afterIndex}\n\n`;
  for await (const { entries, index } of steps) yield* textsOf({ entries, index });
}

/** JSON has no line breaks; a heartbeat is a comment, and moves the `id` on over what the client does not see. */
function* textsOf({ entries, index }: Step): Generator<string> {
  for (const entry of entries)
    yield `event: entry\nid: ${entry.index}\ndata: ${JSON.stringify(entryJson(entry))}\n\n`;
  if (entries.length === 0) yield `: still here\nid: ${index}\n\n`;
}
