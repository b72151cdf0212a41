import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A key that signs notes, made by hand: it shares no code with what it puts to the test. */
export class FakeLogKey {
  readonly vkey: string;
  private readonly id: Buffer;
  private readonly privateKey;

  constructor(readonly origin: string) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.privateKey = privateKey;
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const typed = Buffer.concat([Buffer.of(1), raw]);
    this.id = sha256(Buffer.from(`${origin}\n`), typed).subarray(0, 4);
    this.vkey = `${origin}+${this.id.toString('hex')}+${typed.toString('base64')}`;
  }

  checkpoint(size: number, root: Buffer): string {
    const text = `${this.origin}\n${size}\n${root.toString('base64')}\n`;
    const signature = sign(null, Buffer.from(text), this.privateKey);
    return `${text}\n\u2014 ${this.origin} ${Buffer.concat([this.id, signature]).toString('base64')}\n`;
  }
}

/** What a log of these leaves serves, by path. Leaves of any form, as C2SP tlog-tiles allows. */
export function servedLog(leaves: readonly string[], key: FakeLogKey): Map<string, Buffer> {
  const served = new Map<string, Buffer>();
  const hashes = leaves.map((leaf) => sha256(Buffer.of(0), Buffer.from(leaf)));
  served.set('/checkpoint', Buffer.from(key.checkpoint(leaves.length, rootOf(hashes))));
  for (const [at, bundle] of inTiles(leaves).entries()) {
    served.set(`/tile/entries/${tileName(at, bundle.length)}`, Buffer.concat(bundle.map(withLength)));
  }
  let level = hashes;
  for (let height = 0; level.length > 0; height++) {
    const tiles = inTiles(level);
    for (const [at, tile] of tiles.entries())
      served.set(`/tile/${height}/${tileName(at, tile.length)}`, Buffer.concat(tile));
    level = tiles.filter((tile) => tile.length === 256).map(rootOf);
  }
  return served;
}

/** An HTTP server that serves what a test put there, 404 for the rest. */
export class FakeLogServer {
  served = new Map<string, Buffer>();
  /** When set, every answer has this status. */
  status: number | undefined;
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const bytes = this.served.get(request.url ?? '');
      response.writeHead(this.status ?? (bytes ? 200 : 404));
      response.end(bytes ?? 'nothing here');
    });
  }

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

function inTiles<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / 256) }, (_, at) =>
    items.slice(at * 256, (at + 1) * 256),
  );
}

/** Enough for logs below a thousand tiles. */
function tileName(index: number, width: number): string {
  return `${String(index).padStart(3, '0')}${width === 256 ? '' : `.p/${width}`}`;
}

function withLength(leaf: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(leaf));
  return Buffer.concat([length, Buffer.from(leaf)]);
}

/** MTH of RFC 9162 §2.1.1. */
function rootOf(hashes: readonly Buffer[]): Buffer {
  const [only] = hashes;
  if (only === undefined) return sha256();
  if (hashes.length === 1) return only;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return sha256(Buffer.of(1), rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}
