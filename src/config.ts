import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { SIGNATURE_ALGORITHMS } from './domain/ect/header.js';
import { isKeyName } from './domain/log/note-key.js';
import { isLoopback } from './domain/loopback.js';
import { PUBLIC_ROUTES } from './domain/public-routes.js';

const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(minimum).max(maximum));

const integer = (minimum: number, maximum: number, fallback: number) =>
  wholeNumber(minimum, maximum).default(fallback);

const list = (fallback: readonly string[]) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .pipe(z.array(z.string()).min(1))
    .default([...fallback]);

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must be a PostgreSQL URL: postgresql://user:password@host:5432/database')
  .refine(
    (url) => URL.canParse(url),
    'must be a PostgreSQL URL: postgresql://user:password@host:5432/database',
  );

/** Networks so wide that whoever sends a request would be a proxy to believe. */
const WIDEST_PREFIX = { 4: 8, 6: 16 } as const;

/** Addresses and networks. Not a number of proxies: then whoever reaches the service past them could name any address. */
const trustProxy = list([]).pipe(
  z.array(
    z
      .string()
      .refine(
        isNetwork,
        'must be addresses and networks: 10.0.0.5,10.1.0.0/16; none wider than /8, IPv6 /16',
      ),
  ),
);

function isNetwork(text: string): boolean {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version !== 4 && version !== 6) return false;
  const bits = version === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  return length >= WIDEST_PREFIX[version] && length <= bits;
}

/** A file that holds a secret and nothing else: its content. */
const secretFile = z.string().transform((path, context) => {
  try {
    const secret = readFileSync(path, 'utf8').trim();
    if (secret !== '') return secret;
    context.addIssue('the file is empty');
  } catch {
    context.addIssue('the file cannot be read');
  }
  return z.NEVER;
});

const providerUrl = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
}, 'must begin with https: (http: only for this machine)');

/** Every variable that the service reads (`README.md`, "Configuration"). */
const environmentSchema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: integer(0, 65_535, 8080),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_MIGRATION_URL: postgresUrl.optional(),
  DATABASE_PASSWORD_FILE: secretFile.optional(),
  DATABASE_MIGRATION_PASSWORD_FILE: secretFile.optional(),
  NODE_ENV: z.string().optional(),
  DATA_DIR: z.string().default('.data'),
  LEDGER_STORE: z.enum(['postgres', 'memory']).default('postgres'),
  LEDGER_ID: z.string().optional(),
  LEDGER_ORIGIN: z
    .string()
    .refine(isKeyName, 'must be a URL without scheme, without spaces and plus signs')
    .default('localhost/ect-ledger'),
  LEDGER_SIGNING_KEY_FILE: z.string().optional(),
  LEDGER_ANCHOR_FILE: z.string().optional(),
  TRUST_FILE: z.string().optional(),
  LEDGER_JWKS_STALE_SECONDS: integer(0, 2_592_000, 3_600),
  LEDGER_AUTH: z.enum(['none', 'token', 'jwt']).default('none'),
  LEDGER_TOKENS_FILE: z.string().optional(),
  LEDGER_JWT_ISSUER: providerUrl.optional(),
  LEDGER_JWT_AUDIENCE: z.string().optional(),
  LEDGER_JWKS_URI: providerUrl.optional(),
  LEDGER_PUBLIC_ROUTES: list([
    '/health/live',
    '/health/ready',
    '/log/checkpoint',
    '/.well-known/jwks.json',
  ]).pipe(z.array(z.enum(PUBLIC_ROUTES))),
  ECT_ALGORITHMS: list(['ES256']).pipe(z.array(z.enum(SIGNATURE_ALGORITHMS))),
  ECT_MAX_BYTES: integer(1_024, 1_048_576, 16_384),
  ECT_MAX_PARENTS: integer(1, 10_000, 100),
  ECT_MAX_AGE_SECONDS: integer(1, 31_536_000, 900),
  ECT_CLOCK_SKEW_SECONDS: integer(0, 3_600, 30),
  ECT_MAX_DELAY_SECONDS: integer(0, 31_536_000, 0),
  LEDGER_REMEDIATION_ACTIONS: list(['compensate*', 'rollback*', 'remediate*', 'human_review*']),
  LEDGER_RATE_LIMIT: wholeNumber(1, 1_000_000).optional(),
  TRUST_PROXY: trustProxy,
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  LEDGER_QUEUE_LIMIT: integer(1, 1_000_000, 10_000),
  LEDGER_BATCH_LIMIT: integer(1, 10_000, 1_000),
});

type Environment = z.output<typeof environmentSchema>;

/** Names of ours that the service itself does not read, so they are no typos. */
const OTHER_NAMES = new Set([
  'ECT_LEDGER_URL', // the command line
  'ECT_LEDGER_TOKEN',
]);

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

/** @throws ConfigError when only one is given */
function tlsFilesOf(certFile: string | undefined, keyFile: string | undefined): Config['tlsFiles'] {
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  if (certFile === keyFile) return undefined;
  throw new ConfigError([
    `${certFile === undefined ? 'TLS_CERT_FILE' : 'TLS_KEY_FILE'}: is missing; TLS needs both`,
  ]);
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

function unknownNames(given: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(given).filter(
    (name) => /^(LEDGER|ECT)_/.test(name) && !(name in environmentSchema.shape) && !OTHER_NAMES.has(name),
  );
}
