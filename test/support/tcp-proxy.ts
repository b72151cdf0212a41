import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * What becomes of what a client sent: it is forwarded; or so many bytes of it are, and a little later the connection is cut; or it is
 * forwarded and the connection cut instead of handing on the reply.
 */
export type Decision = 'forward' | { readonly cutAfter: number } | 'cut-reply';

/** Time for the replies to what did arrive, so that a client could take them for replies to the rest. */
const REPLY_TIME_MS = 150;

/** Stands between a service and its database and breaks connections where a test wants it. */
export class TcpProxy {
  /** Asked for every piece that a client sends. */
  decide: (bytes: Buffer) => Decision = () => 'forward';
  /** Whether pieces are held back for ever, as behind a firewall that drops packets. */
  isSilent = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly original: URL,
    private targetPort: number,
  ) {}

  /** @param url of the database */
  static async start(url: string): Promise<TcpProxy> {
    const server = createServer();
    const original = new URL(url);
    const proxy = new TcpProxy(server, original, Number(original.port || '5432'));
    server.on('connection', (client) => {
      proxy.join(client);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** The same database by way of the proxy. */
  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    const url = new URL(this.original);
    url.hostname = '127.0.0.1';
    url.port = String(address.port);
    return url.href;
  }

  /** New connections go there from now on. */
  redirect(url: string): void {
    this.targetPort = Number(new URL(url).port);
  }

  /** Breaks every connection that is open. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: Socket): void {
    const database = connect(this.targetPort, this.original.hostname);
    let isReplyCut = false;
    const cut = () => {
      client.destroy();
      database.destroy();
    };
    for (const socket of [client, database]) {
      this.sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => this.sockets.delete(socket));
    }
    database.on('close', cut);
    // The database has received everything and carries it out before it notices that nobody listens.
    client.on('close', () => (isReplyCut ? database.end() : cut()));
    client.on('data', (bytes) => {
      if (this.isSilent) return;
      const decision = this.decide(bytes);
      isReplyCut = decision === 'cut-reply';
      if (typeof decision !== 'object') database.write(bytes);
      else {
        database.write(bytes.subarray(0, decision.cutAfter));
        setTimeout(cut, REPLY_TIME_MS);
      }
    });
    database.on('data', (bytes) => {
      if (isReplyCut) client.destroy();
      else if (!this.isSilent) client.write(bytes);
    });
  }
}
