import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
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

/** As good as no limit, for old tokens that are taken over. */
const ONE_CENTURY_SECONDS = 3_155_760_000;

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
export const environmentSchema = z.object({
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
  ECT_MAX_BYTES: integer(1, 1_048_576, 16_384),
  ECT_MAX_PARENTS: integer(1, 10_000, 100),
  ECT_MAX_AGE_SECONDS: integer(1, ONE_CENTURY_SECONDS, 900),
  ECT_CLOCK_SKEW_SECONDS: integer(0, 3_600, 30),
  ECT_MAX_DELAY_SECONDS: integer(0, ONE_CENTURY_SECONDS, 0),
  LEDGER_REMEDIATION_ACTIONS: list(['compensate*', 'rollback*', 'remediate*', 'human_review*']),
  LEDGER_RATE_LIMIT: wholeNumber(1, 1_000_000).optional(),
  TRUST_PROXY: trustProxy,
  TLS_CERT_FILE: z.string().optional(),
  TLS_KEY_FILE: z.string().optional(),
  LEDGER_QUEUE_LIMIT: integer(1, 1_000_000, 10_000),
  LEDGER_BATCH_LIMIT: integer(1, 10_000, 1_000),
});

export type Environment = z.output<typeof environmentSchema>;

/** Names of ours that the service itself does not read, so they are no typos. */
export const OTHER_NAMES = new Set([
  'ECT_LEDGER_URL', // the command line
  'ECT_LEDGER_TOKEN',
]);
