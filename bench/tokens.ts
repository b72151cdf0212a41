import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';

/** Who signs in the benchmark: one issuer with one P-256 key, and what the ledger has to trust. */
export interface Signer {
  readonly privateKey: KeyObject;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** Content of a trust file. */
  readonly trust: object;
}

/** The tokens of one workflow, parents before children. */
export interface Workflow {
  readonly wid: string;
  readonly lastJti: string;
  readonly tokens: readonly string[];
}

const ISSUER = 'spiffe://example.com/agent/bench';
const KID = 'bench-key';
/** Signed right before they are sent, so that the service's own limit of age (900 s) can stay. */
const LIFETIME_SECONDS = 900;
const ACTIONS = [
  'fetch_order',
  'check_inventory',
  'review_spec',
  'calculate_risk',
  'release_report',
] as const;
const HEADER = encode({ alg: 'ES256', typ: 'wimse-exec+jwt', kid: KID });

export function createSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use: 'sig' };
  return { privateKey, publicJwk, trust: { issuers: [{ iss: ISSUER, jwks: { keys: [publicJwk] } }] } };
}

/** Signs the tasks of a new workflow; `parentsOf` names the positions that a position rests on, all of them smaller. */
export function signWorkflow(
  { privateKey }: Signer,
  size: number,
  parentsOf: (position: number) => readonly number[],
): Workflow {
  const wid = randomUUID();
  const jtis = Array.from({ length: size }, () => randomUUID());
  const jtiAt = (position: number): string => jtis[position] ?? '';
  const tokens = jtis.map((jti, position) =>
    signToken(privateKey, { jti, wid, par: parentsOf(position).map(jtiAt) }, position),
  );
  return { wid, lastJti: jtiAt(size - 1), tokens };
}

/** Two different random parents among the ten before; the first task is the root. */
export function randomParents(position: number): readonly number[] {
  const span = Math.min(position, 10);
  if (span === 0) return [];
  const one = Math.floor(Math.random() * span);
  const other = Math.floor(Math.random() * span);
  return [...new Set([one, other])].map((distance) => position - 1 - distance);
}

/** Each task of a layer rests on every task of the layer before. */
export function latticeParents(width: number): (position: number) => readonly number[] {
  return (position) => {
    const layer = Math.floor(position / width);
    return layer === 0 ? [] : Array.from({ length: width }, (_, i) => (layer - 1) * width + i);
  };
}

/** @param padding bytes of text that no claim knows, to make a token large */
export function signToken(privateKey: KeyObject, task: object, position: number, padding = 0): string {
  const iat = Math.floor(Date.now() / 1000);
  const payload = encode({
    iss: ISSUER,
    aud: ['spiffe://example.com/ledger'],
    iat,
    exp: iat + LIFETIME_SECONDS,
    ...task,
    exec_act: ACTIONS[position % ACTIONS.length],
    ...(position % 5 === 4 && { pol: 'release_policy', pol_decision: 'approved' }),
    inp_hash: `sha-256:${hash(`in ${position}`)}`,
    out_hash: `sha-256:${hash(`out ${position}`)}`,
    ...(padding > 0 && { padding: 'x'.repeat(padding) }),
  });
  const input = `${HEADER}.${payload}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
