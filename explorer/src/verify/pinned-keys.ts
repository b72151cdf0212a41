import { getLogKeys } from '../api/client.js';

/**
 * The log's keys as this browser saw them first. A ledger that later names another one is not believed before the reader says so: who
 * verifies must have the key from elsewhere than from the ledger of the moment.
 */
const STORED_AS = 'ect-ledger.vkeys';

export interface PinnedKeys {
  readonly vkeys: readonly string[];
  /** `first-seen` just now; `known` from before; `changed`: the ledger now names others. */
  readonly status: 'first-seen' | 'known' | 'changed';
  /** What the ledger names now. */
  readonly offered: readonly string[];
}

export function storedVkeys(): readonly string[] {
  const stored = localStorage.getItem(STORED_AS);
  return stored === null ? [] : stored.split('\n').filter((vkey) => vkey !== '');
}

export function pinVkeys(vkeys: readonly string[]): void {
  localStorage.setItem(STORED_AS, vkeys.join('\n'));
}

/** @throws Problem when the ledger cannot be asked */
export async function pinnedKeys(): Promise<PinnedKeys> {
  const { keys } = await getLogKeys();
  const offered = keys.map(({ vkey }) => vkey).filter((vkey) => typeof vkey === 'string');
  const vkeys = storedVkeys();
  if (vkeys.length === 0) {
    pinVkeys(offered);
    return { vkeys: offered, status: 'first-seen', offered };
  }
  const isKnown = offered.every((vkey) => vkeys.includes(vkey));
  return { vkeys, status: isKnown ? 'known' : 'changed', offered };
}
