import { printable, printableJson } from '../domain/printable.js';

const SGR = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

export type Style = keyof typeof SGR;

/** A piece of a line: plain or styled. Its text may come from anywhere; the terminal escapes it. */
export type Span = string | { readonly style: Style; readonly text: string };

/** The part of a writable stream that output needs, so that tests can stand in for it. */
export interface Sink {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string, done: () => void): unknown;
}

export function styled(style: Style, text: string): Span {
  return { style, text };
}

/** Standard output for results, standard error for notes and the passing status line; colours only where they are wanted. */
export class Terminal {
  private statusShown = false;

  constructor(
    private readonly out: Sink,
    private readonly err: Sink,
    private readonly allowColours: boolean,
  ) {}

  /** Columns of standard output, when it is a terminal. */
  get columns(): number | undefined {
    return this.out.isTTY ? (this.out.columns ?? 80) : undefined;
  }

  get showsStatus(): boolean {
    return this.err.isTTY === true;
  }

  /** A line of the result. Resolves when it is written, so that a slow reader slows the writer. */
  async print(...spans: readonly Span[]): Promise<void> {
    this.clearStatus();
    await write(this.out, `${this.render(spans, this.out)}\n`);
  }

  async printJson(value: unknown, indent = 2): Promise<void> {
    this.clearStatus();
    await write(this.out, `${printableJson(value, indent)}\n`);
  }

  /** A line beside the result, on standard error. */
  async note(...spans: readonly Span[]): Promise<void> {
    this.clearStatus();
    await write(this.err, `${this.render(spans, this.err)}\n`);
  }

  /** A line that the next one replaces; nothing where standard error is no terminal. */
  status(text: string): void {
    if (!this.showsStatus) return;
    const line = printable(text).slice(0, (this.err.columns ?? 80) - 1);
    this.err.write(`\r\u001b[K${line}`, () => undefined);
    this.statusShown = true;
  }

  clearStatus(): void {
    if (!this.statusShown) return;
    this.err.write('\r\u001b[K', () => undefined);
    this.statusShown = false;
  }

  private render(spans: readonly Span[], sink: Sink): string {
    const colours = this.allowColours && sink.isTTY === true;
    return spans.map((span) => renderSpan(span, colours)).join('');
  }
}

function renderSpan(span: Span, colours: boolean): string {
  if (typeof span === 'string') return printable(span);
  const text = printable(span.text);
  return colours ? `\u001b[${SGR[span.style]}m${text}\u001b[0m` : text;
}

/** Resolves also when the write failed: a reader that went away (`| head`) is no error of ours. */
async function write(sink: Sink, text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    sink.write(text, () => {
      resolve();
    });
  });
}
