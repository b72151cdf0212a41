import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { signCheckpoint } from '../../../src/domain/log/checkpoint.js';
import { encodeEntryBundle } from '../../../src/domain/log/entry-bundle.js';
import { HASH_BYTES, type Hash } from '../../../src/domain/log/merkle.js';
import type { NoteSigner } from '../../../src/domain/log/note.js';
import { type RightEdge, EMPTY_EDGE, edgeRoot, growEdge } from '../../../src/domain/log/right-edge.js';
import { type TileAddress, parseTilePath } from '../../../src/domain/log/tile-path.js';
import { tileWidth } from '../../../src/domain/log/tile.js';
import { leafHash } from '../../../src/domain/log/tree-hash.js';
import { TileStore } from './tile-store.js';

/** A log of any leaves, as the service keeps and serves it, but in memory and open to every tampering. */
export class ServedLog {
  readonly tiles = new TileStore();
  readonly leaves: Buffer[] = [];
  checkpoint = '';
  /** Whether partial tiles are dropped once the full one is there, as C2SP tlog-tiles allows. */
  dropsPartialTiles = false;
  private edge: RightEdge = EMPTY_EDGE;
  private readonly server = createServer((request, response) => {
    const answer = this.answer(request.url ?? '');
    response.writeHead(answer ? 200 : 404, { 'content-type': answer?.type ?? 'text/plain' });
    response.end(answer?.body);
  });

  constructor(private readonly signer: NoteSigner) {}

  /** Starts serving. @returns the prefix */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/log`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async append(leaves: readonly Buffer[]): Promise<Hash> {
    const growth = growEdge(this.edge, leaves.map(leafHash));
    this.tiles.keep(growth);
    this.leaves.push(...leaves);
    this.edge = growth.edge;
    await this.sign(growth.edge.size, growth.root);
    return edgeRoot(growth.edge);
  }

  async sign(size: number, root: Hash): Promise<void> {
    this.checkpoint = await signCheckpoint({ origin: this.signer.key.name, size, root }, [this.signer]);
  }

  private answer(url: string): { readonly type: string; readonly body: Uint8Array } | undefined {
    if (url === '/log/checkpoint') {
      return { type: 'text/plain; charset=utf-8', body: Buffer.from(this.checkpoint) };
    }
    const address = url.startsWith('/log/') ? parseTilePath(url.slice('/log/'.length)) : undefined;
    const body = address && this.read(address);
    return body && { type: 'application/octet-stream', body };
  }

  private read({ level, index, width }: TileAddress): Uint8Array | undefined {
    const there = tileWidth({ level: level === 'entries' ? 0 : level, index }, this.edge.size);
    if (width > there || (this.dropsPartialTiles && width < there && there === 256)) return undefined;
    if (level !== 'entries') return this.tiles.peek({ level, index }).subarray(0, width * HASH_BYTES);
    return encodeEntryBundle(this.leaves.slice(index * 256, index * 256 + width));
  }
}
