import { setTimeout as delay } from 'node:timers/promises';
import type { EntryJson } from './client.js';

/** An event as a browser would dispatch it. */
export interface ServerEvent {
  readonly id: string;
  readonly type: string;
  readonly entry: EntryJson;
}

/** Reads `/events` as HTML §9.2 tells a browser to. */
export class EventStream {
  readonly events: ServerEvent[] = [];
  readonly comments: string[] = [];
  /** What a browser would send as `Last-Event-ID`. */
  lastEventId = '';
  retryMs: number | undefined;
  /** Resolves when the stream ends, from either side. */
  readonly ended: Promise<void>;
  private rest = '';

  private constructor(
    readonly headers: Headers,
    private readonly body: ReadableStream<Uint8Array>,
    private readonly controller: AbortController,
  ) {
    this.ended = this.read().catch(() => undefined);
  }

  /** @param lastEventId goes on after this one */
  static async open(url: string, query = '', lastEventId?: string): Promise<EventStream> {
    const controller = new AbortController();
    const headers = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    const response = await fetch(`${url}/events${query}`, { headers, signal: controller.signal });
    if (response.status !== 200 || !response.body) throw new Error(await response.text());
    return new EventStream(response.headers, response.body, controller);
  }

  get indices(): readonly number[] {
    return this.events.map(({ entry }) => entry.index);
  }

  /** Waits for so many events. @throws Error when they do not come */
  async count(events: number): Promise<readonly ServerEvent[]> {
    await this.until(() => this.events.length >= events);
    return this.events;
  }

  /** @throws Error when it does not come true within 20 s */
  async until(isTrue: () => boolean): Promise<void> {
    const deadline = performance.now() + 20_000;
    while (!isTrue()) {
      if (performance.now() > deadline) throw new Error(`got only ${this.events.length} events`);
      await delay(5);
    }
  }

  /** As if the network broke. */
  async cut(): Promise<void> {
    this.controller.abort();
    await this.ended;
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.body) {
      const blocks = (this.rest + decoder.decode(chunk, { stream: true })).split('\n\n');
      this.rest = blocks.pop() ?? '';
      for (const block of blocks) this.take(block);
    }
  }

  private take(block: string): void {
    let [type, data] = ['message', ''];
    for (const line of block.split('\n')) {
      const [, name = '', value = ''] = /^([^:]*): ?(.*)$/s.exec(line) ?? [];
      if (name === '') this.comments.push(value);
      if (name === 'event') type = value;
      if (name === 'id') this.lastEventId = value;
      if (name === 'data') data += value;
      if (name === 'retry') this.retryMs = Number(value);
    }
    if (data !== '') this.events.push({ id: this.lastEventId, type, entry: JSON.parse(data) as EntryJson });
  }
}
