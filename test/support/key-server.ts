import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, globalAgent, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createTestCertificate, type TestCertificate } from './test-certificate.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A real HTTPS server for key sets. It answers what a test put there and counts how often it was asked. */
export class KeyServer {
  requests = 0;
  private server: Server | undefined;
  private port = 0;

  private constructor(
    readonly certificate: TestCertificate,
    private answer: Answer,
  ) {}

  /** Starts a server that this process trusts until it is closed. */
  static async start(certificate = createTestCertificate()): Promise<KeyServer> {
    const server = new KeyServer(certificate, answerJson({ keys: [] }));
    globalAgent.options.ca = certificate.cert;
    await server.up();
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}/jwks.json`;
  }

  serve(document: unknown): void {
    this.answer = answerJson(document);
  }

  serveBy(answer: Answer): void {
    this.answer = answer;
  }

  /** Listens, on the port of the first time. */
  async up(): Promise<void> {
    const { cert, key } = this.certificate;
    this.server = createServer({ cert, key }, (request, response) => {
      this.requests++;
      this.answer(request, response);
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Refuses connections. */
  async down(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  async close(): Promise<void> {
    await this.down();
    delete globalAgent.options.ca;
  }
}

function answerJson(document: unknown): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  };
}
