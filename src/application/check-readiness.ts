import { LedgerError } from '../domain/errors.js';

/** One thing the service needs: resolves to a word about its state, rejects when it can't work. */
export type Check = () => Promise<string>;

export interface CheckResult {
  readonly status: 'ok' | 'error';
  readonly detail: string;
}

/** How long one check may take before it counts as failed. */
const CHECK_TIMEOUT_MS = 2_000;

/** Asks everything the service needs whether it works. Details are shown to anybody, so a failure says no more than that. */
export class CheckReadiness {
  constructor(private readonly checks: Readonly<Record<string, Check>>) {}

  async run(): Promise<Readonly<Record<string, CheckResult>>> {
    const results = await Promise.all(
      Object.entries(this.checks).map(async ([name, check]) => [name, await runCheck(check)] as const),
    );
    return Object.fromEntries(results);
  }
}

async function runCheck(check: Check): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('timeout'));
    }, CHECK_TIMEOUT_MS);
  });
  try {
    return { status: 'ok', detail: await Promise.race([check(), timeout]) };
  } catch (error) {
    const detail =
      error instanceof LedgerError ? error.message : 'not available; the log of the service says why';
    return { status: 'error', detail };
  } finally {
    clearTimeout(timer);
  }
}
