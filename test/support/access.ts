import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeToken, type Scope, type TokenRecord } from '../../src/domain/access-token.js';
import { LedgerClient, type Answer } from './client.js';
import { startService, type ServiceOptions, type TestService } from './service.js';
import { makeTempDir } from './temp-dir.js';

export type Grant = Partial<Omit<TokenRecord, 'id' | 'sha256'>>;

/** A token file and the texts of its tokens. */
export class Tokens {
  private records: readonly TokenRecord[] = [];

  private constructor(readonly file: string) {}

  static async create(): Promise<Tokens> {
    const tokens = new Tokens(join(await makeTempDir(), 'tokens.json'));
    await tokens.write([]);
    return tokens;
  }

  /** Adds a token. @returns its text */
  async add(name: string, scopes: readonly Scope[], grant: Grant = {}): Promise<string> {
    const { text, id, sha256 } = makeToken();
    const created_at = '2026-11-23T00:00:00.000Z';
    await this.write([...this.records, { id, sha256, name, created_at, scopes: [...scopes], ...grant }]);
    return text;
  }

  async revoke(name: string): Promise<void> {
    await this.write(this.records.filter((record) => record.name !== name));
  }

  private async write(records: readonly TokenRecord[]): Promise<void> {
    this.records = records;
    await writeFile(this.file, JSON.stringify({ tokens: records }), { mode: 0o600 });
  }
}

export function startGuarded(tokens: Tokens, options: Partial<ServiceOptions> = {}): Promise<TestService> {
  const environment = { LEDGER_AUTH: 'token', LEDGER_TOKENS_FILE: tokens.file, ...options.environment };
  return startService({ store: 'memory', ...options, environment });
}

/** A client that shows a token with every request. */
export class TokenClient extends LedgerClient {
  constructor(
    url: string,
    readonly token: string,
  ) {
    super(url);
  }

  override request<Body = unknown>(path: string, init: RequestInit = {}): Promise<Answer<Body>> {
    const headers = { ...(init.headers as Record<string, string>), Authorization: `Bearer ${this.token}` };
    return super.request(path, { ...init, headers });
  }
}

/** What a client can tell two answers apart by, without what differs from request to request. */
export function traitsOf({ status, headers, text }: Answer): object {
  const requestId = headers.get('x-request-id') ?? '';
  const kept = [...headers].filter(([name]) => !['x-request-id', 'date'].includes(name));
  return { status, headers: Object.fromEntries(kept), text: text.replaceAll(requestId, '<request id>') };
}
