import { request } from '../api/client.js';
import { Problem } from '../api/problem.js';
import { readEvents } from './sse.js';

export interface FeedState {
  /** `absent`: this ledger has no feed, or shows it to others only. */
  readonly connection: 'connecting' | 'live' | 'lost' | 'paused' | 'absent';
  /** Index of the newest recording that was told of. */
  readonly lastIndex: number | undefined;
}

type Listener = (state: FeedState) => void;

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 20_000;
/** Asking again would be answered alike. */
const FINAL: readonly string[] = ['not-found', 'unauthorized', 'forbidden'];

/** Follows `/events`: one connection for the whole page, taken up again where it broke off. */
class Feed {
  state: FeedState = { connection: 'connecting', lastIndex: undefined };
  private readonly listeners = new Set<Listener>();
  private controller: AbortController | undefined;
  /** Where the stream goes on; heartbeats move it too. */
  private lastEventId: string | undefined;

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    listener(this.state);
    return () => this.listeners.delete(listener);
  }

  start(): void {
    this.controller?.abort();
    this.controller = new AbortController();
    void this.follow(this.controller.signal);
  }

  pause(): void {
    this.controller?.abort();
    this.become('paused');
  }

  private async follow(signal: AbortSignal): Promise<void> {
    const isOver = () => signal.aborted;
    let retryMs = FIRST_RETRY_MS;
    while (!isOver()) {
      this.become(this.state.connection === 'lost' ? 'lost' : 'connecting');
      try {
        await this.read(signal, () => (retryMs = FIRST_RETRY_MS));
      } catch (error) {
        // The log does not reach that far: it is another one than before.
        if (error instanceof Problem && error.code === 'invalid-request') this.lastEventId = undefined;
        if (!isOver() && error instanceof Problem && FINAL.includes(error.code)) {
          this.become('absent');
          return;
        }
      }
      if (isOver()) return;
      this.become('lost');
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    }
  }

  private async read(signal: AbortSignal, onOpen: () => void): Promise<void> {
    const headers = {
      Accept: 'text/event-stream',
      ...(this.lastEventId !== undefined && { 'Last-Event-ID': this.lastEventId }),
    };
    const response = await request('events', { headers, signal, cache: 'no-store' });
    if (!response.body) return;
    onOpen();
    this.become('live');
    for await (const { id, event } of readEvents(response.body)) {
      if (id !== '') this.lastEventId = id;
      if (event === 'entry') this.tell({ connection: 'live', lastIndex: Number(id) });
    }
  }

  private become(connection: FeedState['connection']): void {
    this.tell({ ...this.state, connection });
  }

  private tell(state: FeedState): void {
    this.state = state;
    for (const listener of this.listeners) listener(state);
  }
}

export const feed = new Feed();
