/** Lets so many pieces of work run at the same time; the others wait in the order they came. */
export class Gate {
  private free: number;
  private readonly waiting = new Set<() => void>();

  constructor(limit: number) {
    this.free = limit;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.free > 0) this.free--;
    else await this.turn();
    try {
      return await work();
    } finally {
      this.passOn();
    }
  }

  /** For work within `run` that has to wait for others: lets the next one in meanwhile, and comes back in its turn. */
  async stepAside<Result>(answer: Promise<Result>): Promise<Result> {
    this.passOn();
    try {
      return await answer;
    } finally {
      if (this.free > 0) this.free--;
      else await this.turn();
    }
  }

  private turn(): Promise<void> {
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  private passOn(): void {
    const [next] = this.waiting;
    if (next) {
      this.waiting.delete(next);
      next();
    } else this.free++;
  }
}
