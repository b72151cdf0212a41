import { once } from 'node:events';
import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Status line and headers. */
  readonly head: string;
  readonly body: string;
}

const DEFAULT_PATIENCE_MS = 10_000;

/**
 * Sends bytes as they are and reads one answer, until it is whole or the server hangs up: for what no HTTP client would send.
 *
 * @param patienceMs after so long the sending side is closed, which ends a request that is not whole
 * @returns status 0 when the server hangs up without a word
 */
export async function exchange(
  url: string,
  bytes: string | Uint8Array,
  patienceMs = DEFAULT_PATIENCE_MS,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // A server that refuses early may hang up while bytes are still on their way.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes);
  const hurry = setTimeout(() => socket.end(), patienceMs);
  let received = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received += chunk.toString('latin1');
    if (isWhole(received)) break;
  }
  clearTimeout(hurry);
  socket.destroy();
  const [head = '', body = ''] = split(received);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0);
  // What was sent may have been several requests: the first answer counts.
  return { status, head, body: body.slice(0, lengthOf(head) ?? body.length) };
}

function split(received: string): readonly string[] {
  const end = received.indexOf('\r\n\r\n');
  return end === -1 ? [received] : [received.slice(0, end), received.slice(end + 4)];
}

function isWhole(received: string): boolean {
  const [head = '', body] = split(received);
  const length = lengthOf(head);
  return body !== undefined && length !== undefined && body.length >= length;
}

function lengthOf(head: string): number | undefined {
  const length = /^content-length: *(\d+)$/im.exec(head)?.[1];
  return length === undefined ? undefined : Number(length);
}
