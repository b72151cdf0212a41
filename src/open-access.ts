import type { Authenticator } from './application/ports/authenticator.js';
import type { Clock } from './application/ports/clock.js';
import type { AuthConfig } from './config.js';
import { JwtAuthenticator } from './keys/jwt-authenticator.js';
import { TokenFileAuthenticator } from './keys/token-file.js';

export interface AccessOptions {
  readonly clock: Clock;
  /** How long the last good keys of a provider may be used beyond their age while it fails. */
  readonly staleMs: number;
  readonly log: { info(message: string): void; warn(message: string): void };
}

/** Opens what says who is let in; nothing where everybody is. @throws when it can't be used */
export async function openAuthenticator(
  auth: AuthConfig,
  options: AccessOptions,
): Promise<Authenticator | undefined> {
  switch (auth.kind) {
    case 'none':
      return undefined;
    case 'token':
      return TokenFileAuthenticator.load(auth.file, options);
    case 'jwt':
      return new JwtAuthenticator({ ...auth, ...options });
  }
}
