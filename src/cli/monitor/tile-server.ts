import { decodeUtf8 } from '../../domain/log/bytes.js';
import { decodeEntryBundle } from '../../domain/log/entry-bundle.js';
import { MAX_LEAF_BYTES } from '../../domain/log/leaf.js';
import { LogFormatError } from '../../domain/log/log-format-error.js';
import { HASH_BYTES, type Hash } from '../../domain/log/merkle.js';
import { MAX_NOTE_BYTES } from '../../domain/log/note.js';
import { TILE_WIDTH } from '../../domain/log/tile.js';
import { type TileAddress, tilePath } from '../../domain/log/tile-path.js';
import { LogFault, LogUnavailable } from './log-fault.js';

const ANSWER_TIMEOUT_MS = 60_000;
/** C2SP tlog-tiles: the length before each leaf takes two bytes. */
const MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_LEAF_BYTES);

/** Reads a log over HTTP (C2SP tlog-tiles), of any make. Nothing of what it answers is believed; it is only brought into form. */
export class TileServer {
  private readonly prefix: string;

  /**
   * @param prefix http(s) URL below which `checkpoint` and `tile/` are
   * @param token to show to the server (RFC 6750)
   */
  constructor(
    prefix: string,
    private readonly token?: string,
  ) {
    this.prefix = prefix.replace(/\/+$/, '');
  }

  /**
   * The newest checkpoint, as served; `undefined` when there is none below this prefix.
   *
   * @throws LogUnavailable
   */
  async checkpoint(): Promise<string | undefined> {
    const bytes = await this.fetch('checkpoint', MAX_NOTE_BYTES);
    return bytes && (decodeUtf8(bytes) ?? '');
  }

  /**
   * The first `width` hashes of a tile.
   *
   * @throws LogFault `withheld`, LogUnavailable
   */
  async hashes(address: TileAddress): Promise<readonly Hash[]> {
    const bytes = await this.fetchTile(address, TILE_WIDTH * HASH_BYTES);
    if (bytes.length < address.width * HASH_BYTES)
      throw new LogFault('withheld', `${tilePath(address)} has only ${bytes.length} bytes`);
    return Array.from({ length: address.width }, (_, at) =>
      bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
    );
  }

  /**
   * The first `width` leaves of a bundle.
   *
   * @throws LogFault `withheld`, LogUnavailable
   */
  async leaves(index: number, width: number): Promise<readonly Uint8Array[]> {
    const address = { level: 'entries', index, width } as const;
    const leaves = decodeOrBlame(await this.fetchTile(address, MAX_BUNDLE_BYTES), address);
    if (leaves.length < width)
      throw new LogFault('withheld', `${tilePath(address)} has only ${leaves.length} leaves`);
    return leaves.slice(0, width);
  }

  /** C2SP tlog-tiles: a partial tile may be gone once the full one is there, so that is asked for next. */
  private async fetchTile(address: TileAddress, maxBytes: number): Promise<Uint8Array> {
    const path = tilePath(address);
    const bytes =
      (await this.fetch(path, maxBytes)) ??
      (address.width === TILE_WIDTH
        ? undefined
        : await this.fetch(tilePath({ ...address, width: TILE_WIDTH }), maxBytes));
    if (bytes) return bytes;
    throw new LogFault('withheld', `the log does not serve ${path}, which its checkpoint covers`);
  }

  private async fetch(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const url = `${this.prefix}/${path}`;
    try {
      const headers = this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
      const reply = await fetch(url, { headers, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      if (reply.ok) return await readAtMost(reply, maxBytes);
      await reply.body?.cancel();
      // A ledger hides from those who are limited what is there; it says so by its challenge.
      const wantsToken = [401, 403].includes(reply.status) || reply.headers.has('www-authenticate');
      if (!wantsToken && (reply.status === 404 || reply.status === 410)) return undefined;
      const hint = wantsToken
        ? ': it wants a token that may read every entry (--token-file or ECT_LEDGER_TOKEN)'
        : '';
      throw new LogUnavailable(`${url} answers ${reply.status}${hint}`);
    } catch (error) {
      if (error instanceof LogUnavailable) throw error;
      // What `fetch` throws says only that it failed; its cause says why.
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new LogUnavailable(`${url} does not answer (${reason})`, { cause: error });
    }
  }
}

function decodeOrBlame(bundle: Uint8Array, address: TileAddress): readonly Uint8Array[] {
  try {
    return decodeEntryBundle(bundle);
  } catch (error) {
    if (!(error instanceof LogFormatError)) throw error;
    throw new LogFault('inconsistent', `${tilePath(address)} is no bundle of leaves: ${error.message}`);
  }
}

/** A server must not be able to fill the memory of who watches it. */
async function readAtMost(reply: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (reply.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw new LogUnavailable(`${reply.url} answers more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
