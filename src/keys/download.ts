import { get as getByHttp, type IncomingMessage } from 'node:http';
import { get as getByHttps } from 'node:https';

/** From the look-up of the name to the last byte. */
const TIMEOUT_MS = 5_000;

/** A set of a thousand keys is a quarter of that. */
const MAX_BYTES = 512 * 1024;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** What is wrong with an address to fetch keys from: https only, except on this machine. */
export function faultOfKeyUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) return 'must be an absolute URL';
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or password';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && LOOPBACK.test(url.hostname)) return undefined;
  return 'must begin with https: (http: only for this machine, as in http://127.0.0.1)';
}

/**
 * Downloads a small text. Takes nothing but a 200 of the address itself: redirects are not followed.
 *
 * @param url one in which `faultOfKeyUrl` finds nothing
 * @throws Error with a reason for the operator that repeats nothing of what was sent
 */
export async function download(url: URL): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    return await textOf(await answerOf(url, signal));
  } catch (error) {
    throw signal.aborted ? new Error(`no complete answer within ${TIMEOUT_MS / 1000} s`) : error;
  }
}

function answerOf(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? getByHttps : getByHttp;
  const headers = { accept: 'application/jwk-set+json, application/json', connection: 'close' };
  return new Promise((resolve, reject) => {
    get(url, { signal, headers }, resolve).once('error', reject);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    if (answer.statusCode !== 200)
      throw new Error(`answered ${answer.statusCode ?? 'nothing'} instead of 200`);
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BYTES) throw new Error(`answered more than ${MAX_BYTES} bytes`);
      chunks.push(chunk);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } finally {
    answer.destroy();
  }
}
