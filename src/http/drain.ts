import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** How long a request that is still arriving when the service stops may take to arrive. */
const ARRIVAL_GRACE_MS = 5_000;

/**
 * Lets the service stop as soon as it has answered what it was sent. Node waits for every open connection and, once it stops, no longer
 * limits their time: one that is kept alive, silent or slow would keep the service from stopping for ever.
 */
export function drainWhenStopping(fastify: FastifyInstance): void {
  /** Of each open connection how many requests have arrived as a whole and are not answered. */
  const open = new Map<Socket, number>();
  const arrived = new WeakSet<FastifyRequest>();
  let isStopping = false;
  const count = ({ raw: { socket } }: FastifyRequest, change: 1 | -1) => {
    const requests = open.get(socket);
    if (requests !== undefined) open.set(socket, requests + change);
  };
  // Over TLS requests name the encrypted socket; a handshake that does not end has a limit of its own.
  const established = fastify.server instanceof TlsServer ? 'secureConnection' : 'connection';
  fastify.server.on(established, (socket: Socket) => {
    open.set(socket, 0);
    socket.once('close', () => open.delete(socket));
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    arrived.add(request);
    count(request, 1);
    done();
  });
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping) reply.header('Connection', 'close');
    done();
  });
  fastify.addHook('onResponse', (request, _reply, done) => {
    if (arrived.has(request)) count(request, -1);
    // For answers that were on their way when the stop came.
    if (isStopping) setImmediate(() => fastify.server.closeIdleConnections());
    done();
  });
  fastify.addHook('preClose', (done) => {
    isStopping = true;
    for (const socket of open.keys()) if (socket.bytesRead === 0) socket.destroy();
    setTimeout(() => {
      for (const [socket, requests] of open) if (requests === 0) socket.destroy();
    }, ARRIVAL_GRACE_MS).unref();
    done();
  });
}
