import type { Terminal } from './terminal.js';

/** Short work shows nothing; after that a terminal is redrawn often and a log file gets a line now and then. */
const QUIET_MS = 1_000;
const TERMINAL_INTERVAL_MS = 100;
const LOG_INTERVAL_MS = 5_000;

const BAR_WIDTH = 24;

/** How far a long run is: a bar where standard error is a terminal, else a line every few seconds. */
export class Progress {
  private doneBytes = 0;
  private readonly startedAtMs = Date.now();
  private nextAtMs: number;

  /** @param totalBytes unknown for streams */
  constructor(
    private readonly terminal: Terminal,
    private readonly totalBytes: number | undefined,
  ) {
    this.nextAtMs = this.startedAtMs + (terminal.showsStatus ? QUIET_MS : LOG_INTERVAL_MS);
  }

  addBytes(count: number): void {
    this.doneBytes += count;
  }

  /** Shows `words` beside the bar if it is time to. */
  async show(words: string, nowMs = Date.now()): Promise<void> {
    if (nowMs < this.nextAtMs) return;
    const text = [this.bar(), words, `${String(Math.round((nowMs - this.startedAtMs) / 1000))} s`];
    const line = text.filter((part) => part !== '').join('  ');
    this.nextAtMs = nowMs + (this.terminal.showsStatus ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS);
    if (this.terminal.showsStatus) this.terminal.status(line);
    else await this.terminal.note(line);
  }

  private bar(): string {
    if (this.totalBytes === undefined || this.totalBytes === 0) return '';
    const share = Math.min(1, this.doneBytes / this.totalBytes);
    const filled = Math.round(share * BAR_WIDTH);
    const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
    return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${percent}`;
  }
}
