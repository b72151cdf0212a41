import type { EctLeaf } from '../../../src/domain/log/leaf.js';
import type { Receipt } from '../../../src/domain/log/receipt.js';
import type { TaskName } from '../api/client.js';
import type { Entry } from '../api/wire.js';
import type { Check } from './check.js';
import { decodeToken } from './decode-token.js';

/**
 * Whether what the ledger shows of the entry is what the agent signed and the log recorded. Without it a page could show anything beside
 * a right proof.
 */
export function checkEntry(
  { jti }: TaskName,
  entry: Entry,
  { index }: Receipt,
  leaf: EctLeaf | undefined,
): Check {
  const payload = decodeToken(entry.ect)?.payload ?? {};
  const header = decodeToken(entry.ect)?.header ?? {};
  const lower = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value);
  const recordedAtMs = Date.parse(entry.recorded_at);
  const comparisons: readonly (readonly [name: string, shown: unknown, proven: unknown])[] = [
    ['jti', jti, lower(payload['jti'])],
    ['jti', entry.jti, leaf?.jti],
    ['wid', entry.wid, lower(payload['wid'])],
    ['iss', entry.iss, payload['iss']],
    ['exec_act', entry.exec_act, payload['exec_act']],
    ['iat', entry.iat, payload['iat']],
    ['exp', entry.exp, payload['exp']],
    ['parents', list(entry.parents), list(payload['par'] ?? payload['pred'])],
    ['pol_decision', entry.pol_decision, policyOf(payload)],
    ['kid', entry.kid, header['kid']],
    ['alg', entry.alg, header['alg']],
    ['jkt', entry.jkt, leaf?.jkt],
    ['recorded_at', recordedAtMs, leaf?.recordedAtMs],
    ['index', entry.index, index],
  ];
  const wrong = comparisons.filter(([, shown, proven]) => shown !== proven).map(([name]) => name);
  return {
    name: 'entry',
    title: 'What is shown is what was signed',
    outcome: wrong.length === 0 ? 'passed' : 'failed',
    detail:
      wrong.length === 0
        ? 'claims, key, time and number agree with token and leaf'
        : `the ledger says otherwise of ${[...new Set(wrong)].join(', ')}`,
  };
}

/** The profile `exec` has the policy inside its extension object. */
function policyOf(payload: Readonly<Record<string, unknown>>): unknown {
  const extension = payload['ect_ext'];
  if ('pred' in payload && typeof extension === 'object' && extension !== null)
    return new Map<string, unknown>(Object.entries(extension)).get('pol_decision');
  return payload['pol_decision'];
}

function list(value: unknown): string {
  return Array.isArray(value) ? value.join(' ').toLowerCase() : '';
}
