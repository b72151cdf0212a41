import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';

export interface TlsFiles {
  /** The certificate, then those that issued it, PEM. */
  readonly certFile: string;
  /** Its private key, PEM. */
  readonly keyFile: string;
}

export interface TlsLog {
  info(message: string): void;
  error(details: object, message: string): void;
}

/** Thrown when the files can't serve at the start. */
export class TlsFilesError extends Error {
  override readonly name = 'TlsFilesError';
}

const POLL_INTERVAL_MS = 1_000;

/**
 * What a TLS server needs, read and checked.
 *
 * @throws TlsFilesError when a file can't be read, the two don't belong together, or everybody may read the key
 */
export function readTlsFiles({ certFile, keyFile }: TlsFiles): SecureContextOptions {
  try {
    if ((statSync(keyFile).mode & 0o007) !== 0)
      throw new Error(`everybody may read ${keyFile}: chmod o= ${keyFile}`);
    const options: SecureContextOptions = {
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      minVersion: 'TLSv1.2',
    };
    createSecureContext(options);
    return options;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TlsFilesError(`TLS_CERT_FILE and TLS_KEY_FILE can't be used: ${reason}`, { cause });
  }
}

/**
 * Serves a new pair as soon as it is there; connections that are open stay. A broken one, or half of one, is reported and the old one kept.
 *
 * @returns stops looking
 */
export function followTlsFiles(
  server: Pick<Server, 'setSecureContext'>,
  files: TlsFiles,
  log: TlsLog,
): () => void {
  let seen = fingerprint(files);
  const timer = setInterval(() => {
    const now = fingerprint(files);
    if (now === seen) return;
    seen = now;
    try {
      const options = readTlsFiles(files);
      server.setSecureContext(options);
      log.info(`a new TLS certificate is served${validity(options)}`);
    } catch (err) {
      log.error({ err }, 'the new TLS certificate or key is broken: the one before stays in force');
    }
  }, POLL_INTERVAL_MS).unref();
  return () => {
    clearInterval(timer);
  };
}

/** What changes when a file is written or replaced; also through symbolic links. */
function fingerprint({ certFile, keyFile }: TlsFiles): string {
  return [certFile, keyFile]
    .map((file) => statSync(file, { throwIfNoEntry: false }))
    .map((stats) => (stats ? `${stats.ino} ${stats.mtimeMs} ${stats.size} ${stats.mode}` : 'missing'))
    .join(', ');
}

function validity({ cert }: SecureContextOptions): string {
  return Buffer.isBuffer(cert) ? `, valid until ${new X509Certificate(cert).validTo}` : '';
}
