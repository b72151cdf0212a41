import { join } from 'node:path';
import { isLoopback } from './domain/loopback.js';
import { environmentSchema, OTHER_NAMES, type Environment } from './environment.js';

/** Who is let in. */
export type AuthConfig =
  | { readonly kind: 'none' }
  /** Bearer tokens whose hashes stand in a file. */
  | { readonly kind: 'token'; readonly file: string }
  /** Access tokens of an OpenID provider; without `jwksUri` its discovery document says where its keys are. */
  | {
      readonly kind: 'jwt';
      readonly issuer: string;
      readonly audience: string;
      readonly jwksUri: string | undefined;
    };

export interface Config {
  readonly host: string;
  readonly port: number;
  /** Unset: the embedded server under `dataDir`. */
  readonly databaseUrl: string | undefined;
  readonly databaseMigrationUrl: string | undefined;
  /** Then the service refuses to run as a role that can change the ledger. */
  readonly isProduction: boolean;
  readonly dataDir: string;
  readonly store: 'postgres' | 'memory';
  readonly ledgerId: string | undefined;
  /** Origin line and key name of checkpoints. */
  readonly origin: string;
  readonly signingKeyFile: string;
  readonly anchorFile: string;
  /** Unset: `trust.json` in the working directory if present. */
  readonly trustFile: string | undefined;
  /** How long a fetched key set serves beyond its age while its address fails. */
  readonly jwksStaleSeconds: number;
  readonly auth: AuthConfig;
  /** Patterns of routes that need no credentials. */
  readonly publicRoutes: readonly string[];
  readonly algorithms: readonly string[];
  readonly maxBytes: number;
  readonly maxParents: number;
  readonly maxAgeSeconds: number;
  readonly clockSkewSeconds: number;
  readonly maxDelaySeconds: number;
  readonly remediationActions: readonly string[];
  /** Requests a minute of one caller; unset: no limit. */
  readonly rateLimit: number | undefined;
  /** Addresses and networks of the proxies whose X-Forwarded headers are believed. */
  readonly trustProxy: readonly string[];
  /** Unset: HTTP. */
  readonly tlsFiles: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly queueLimit: number;
  readonly batchLimit: number;
  /** Probable typos among the names of the environment. */
  readonly warnings: readonly string[];
}

/** Everything wrong with the environment, one line each; values are left out, since some are secrets. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(
      `the configuration has ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join('\n')}`,
    );
  }
}

/**
 * Reads the environment once. An empty variable counts as unset.
 *
 * @throws ConfigError that lists all problems at once
 */
export function loadConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...accessProblems(given),
    ...tlsProblems(given),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const values = parsed.data;
  const databaseUrl = withPassword(values.DATABASE_URL, values.DATABASE_PASSWORD_FILE);
  return Object.freeze({
    host: values.HOST,
    port: values.PORT,
    databaseUrl,
    databaseMigrationUrl:
      withPassword(values.DATABASE_MIGRATION_URL, values.DATABASE_MIGRATION_PASSWORD_FILE) ?? databaseUrl,
    isProduction: values.NODE_ENV === 'production',
    dataDir: values.DATA_DIR,
    store: values.LEDGER_STORE,
    ledgerId: values.LEDGER_ID,
    origin: values.LEDGER_ORIGIN,
    signingKeyFile: values.LEDGER_SIGNING_KEY_FILE ?? join(values.DATA_DIR, 'log-key.pem'),
    anchorFile: values.LEDGER_ANCHOR_FILE ?? join(values.DATA_DIR, 'anchor'),
    trustFile: values.TRUST_FILE,
    jwksStaleSeconds: values.LEDGER_JWKS_STALE_SECONDS,
    auth: authOf(values),
    publicRoutes: values.LEDGER_PUBLIC_ROUTES,
    algorithms: [...new Set(['ES256', ...values.ECT_ALGORITHMS])],
    maxBytes: values.ECT_MAX_BYTES,
    maxParents: values.ECT_MAX_PARENTS,
    maxAgeSeconds: values.ECT_MAX_AGE_SECONDS,
    clockSkewSeconds: values.ECT_CLOCK_SKEW_SECONDS,
    maxDelaySeconds: values.ECT_MAX_DELAY_SECONDS,
    remediationActions: values.LEDGER_REMEDIATION_ACTIONS,
    rateLimit: values.LEDGER_RATE_LIMIT,
    trustProxy: values.TRUST_PROXY,
    tlsFiles: tlsFilesOf(values.TLS_CERT_FILE, values.TLS_KEY_FILE),
    queueLimit: values.LEDGER_QUEUE_LIMIT,
    batchLimit: values.LEDGER_BATCH_LIMIT,
    warnings: unknownNames(given).map(
      (name) => `${name} is no variable of ect-ledger: probably a typo; it has no effect`,
    ),
  });
}

function tlsFilesOf(certFile: string | undefined, keyFile: string | undefined): Config['tlsFiles'] {
  return certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : undefined;
}

function withPassword(url: string | undefined, password: string | undefined): string | undefined {
  if (url === undefined || password === undefined) return url;
  const complete = new URL(url);
  complete.password = encodeURIComponent(password);
  return complete.href;
}

function authOf(values: Environment): AuthConfig {
  const { LEDGER_AUTH, LEDGER_TOKENS_FILE, LEDGER_JWT_ISSUER, LEDGER_JWT_AUDIENCE, LEDGER_JWKS_URI } = values;
  switch (LEDGER_AUTH) {
    case 'none':
      return { kind: 'none' };
    case 'token':
      return { kind: 'token', file: LEDGER_TOKENS_FILE ?? join(values.DATA_DIR, 'tokens.json') };
    case 'jwt':
      return {
        kind: 'jwt',
        issuer: LEDGER_JWT_ISSUER ?? '',
        audience: LEDGER_JWT_AUDIENCE ?? '',
        jwksUri: LEDGER_JWKS_URI,
      };
  }
}

/** What only several variables together show. */
function accessProblems(given: Readonly<Record<string, string | undefined>>): string[] {
  const { LEDGER_AUTH = 'none', HOST = '127.0.0.1' } = given;
  if (LEDGER_AUTH === 'jwt')
    return ['LEDGER_JWT_ISSUER', 'LEDGER_JWT_AUDIENCE']
      .filter((name) => given[name] === undefined)
      .map((name) => `${name}: must be set where LEDGER_AUTH=jwt`);
  if (LEDGER_AUTH !== 'none' || isLoopback(HOST)) return [];
  return [
    `LEDGER_AUTH: none lets everybody read and record who reaches HOST=${HOST}; set LEDGER_AUTH=token ` +
      '(then ect-ledger token create) or jwt, or leave HOST at 127.0.0.1',
  ];
}

function tlsProblems({
  TLS_CERT_FILE,
  TLS_KEY_FILE,
}: Readonly<Record<string, string | undefined>>): string[] {
  if ((TLS_CERT_FILE === undefined) === (TLS_KEY_FILE === undefined)) return [];
  return [`${TLS_CERT_FILE === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE'}: is missing; TLS needs both`];
}

function unknownNames(given: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(given).filter(
    (name) => /^(LEDGER|ECT)_/.test(name) && !(name in environmentSchema.shape) && !OTHER_NAMES.has(name),
  );
}
