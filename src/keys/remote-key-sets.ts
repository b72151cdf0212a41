import { type Clock, SystemClock } from '../application/ports/clock.js';
import type { Metrics } from '../application/ports/metrics.js';
import type { KeyMap } from './key-set.js';
import { RemoteJwks } from './remote-jwks.js';

/** How long the last good set serves while its endpoint fails, unless configured. */
const DEFAULT_STALE_MS = 3_600_000;

export interface RemoteKeySetsOptions {
  readonly clock?: Clock;
  readonly staleMs?: number;
  readonly metrics?: Pick<Metrics, 'keysFetched'>;
  readonly log?: { info(message: string): void; warn(message: string): void };
}

/** The sets that are fetched, one per owner and address: so that a set survives a new version of the trust file. */
export class RemoteKeySets {
  readonly #sets = new Map<string, RemoteJwks<KeyMap>>();
  /** The outcome of each owner's last fetch: a change is worth a line in the log. */
  readonly #faults = new Map<string, string | undefined>();

  constructor(private readonly options: RemoteKeySetsOptions = {}) {}

  /** @param url one in which `faultOfKeyUrl` finds nothing */
  of(owner: string, url: string, parse: (document: unknown) => Promise<KeyMap>): RemoteJwks<KeyMap> {
    const name = JSON.stringify([owner, url]);
    const known = this.#sets.get(name) ?? this.#make(owner, url, parse);
    this.#sets.set(name, known);
    return known;
  }

  #make(owner: string, url: string, parse: (document: unknown) => Promise<KeyMap>): RemoteJwks<KeyMap> {
    const { clock = new SystemClock(), staleMs = DEFAULT_STALE_MS } = this.options;
    return new RemoteJwks({
      name: owner,
      url: new URL(url),
      parse,
      clock,
      staleMs,
      onFetch: this.#tell,
    });
  }

  readonly #tell = (owner: string, fault: string | undefined): void => {
    const { log, metrics } = this.options;
    metrics?.keysFetched(owner, fault === undefined);
    const isNews = !this.#faults.has(owner) || this.#faults.get(owner) !== fault;
    this.#faults.set(owner, fault);
    if (!isNews) return;
    if (fault === undefined) log?.info(`keys of ${owner}: fetched`);
    else log?.warn(`keys of ${owner}: not fetched: ${fault}`);
  };
}
