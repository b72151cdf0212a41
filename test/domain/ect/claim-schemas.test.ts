import { describe, expect, it } from '@jest/globals';
import { A, NIL, SHA256, check, pointersOf } from '../../support/check-claims.js';

const MAX = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const SHA384 = Buffer.alloc(48, 7).toString('base64url');
const SHA512 = Buffer.alloc(64, 7).toString('base64url');

/** An object of so many levels. */
function nested(levels: number, wrap: (inner: unknown) => unknown = (inner) => ({ a: inner })): object {
  let value: unknown = {};
  for (let level = 2; level < levels; level++) value = wrap(value);
  return { outer: value };
}

describe('the rules of single claims', () => {
  it.each([NIL, MAX, MAX.toUpperCase(), '01890a5d-ac96-774b-bcce-b302099a8057'])(
    'accepts the UUID %s',
    (jti) => {
      expect(check({ jti }).jti).toBe(jti.toLowerCase());
    },
  );

  it.each([
    [
      'iss',
      [
        '',
        'agent-a',
        'a b:c',
        'spiffe:',
        'https://exa mple',
        'urn:\u00e9',
        'urn:a\u0000',
        '1a:b',
        `urn:${'x'.repeat(2045)}`,
        'urn:%zz',
        7,
      ],
    ],
    ['aud', ['', [], null, {}, 7]],
    ['iat', [-1, 1.5, '100', null, 2 ** 53, Infinity, true]],
    ['exp', [-1, 100, 99, 101.5, '101', null, 2 ** 53]],
    [
      'jti',
      [
        '',
        'task-001',
        `{${A}}`,
        `urn:uuid:${A}`,
        A.replaceAll('-', ''),
        `${A} `,
        A.replace('a', 'g'),
        null,
        7,
      ],
    ],
    ['wid', ['', 'workflow-1', null, 7, [A]]],
    [
      'exec_act',
      [
        '',
        'a\u0000b',
        'a\nb',
        'a\u007fb',
        'a\u0085b',
        'a\ud800b',
        '\udc00',
        'x'.repeat(257),
        null,
        7,
        ['act'],
      ],
    ],
    ['par', [null, A, {}, 7]],
    ['pol_enforcer', ['', 'pdp', null, 7]],
    [
      'inp_hash',
      [
        '',
        SHA256.slice(1),
        SHA384,
        `md5:${SHA256}`,
        `sha-256:${SHA384}`,
        `SHA-256:${SHA256}`,
        `sha-384:${SHA256}`,
        `${SHA256}=`,
        `${SHA256.slice(0, -1)}d`,
        'sha-256:',
        null,
      ],
    ],
    ['out_hash', ['', `sha-512:${SHA256}`, `sha-256:sha-256:${SHA256}`, 7]],
    ['ext', [null, [], 'x', 7]],
  ] as [string, unknown[]][])('finds every fault of %s', async (name, values) => {
    for (const value of values)
      expect([value, await pointersOf({ [name]: value })]).toEqual([value, [`/${name}`]]);
  });

  it.each([
    [{ iss: `urn:${'x'.repeat(2044)}` }],
    [{ iss: 'https://agents.example.org/a?b=c#d' }],
    [{ iat: 0, exp: 1 }],
    [{ exp: 2 ** 53 - 1 }],
    [{ exec_act: '\u{1f600}'.repeat(256) }],
    [{ exec_act: 'naïve action' }],
    [{ pol: 'p', pol_decision: 'pending_human_review' }],
    [{ inp_hash: `sha-256:${SHA256}`, out_hash: `sha-384:${SHA384}` }],
    [{ inp_hash: SHA256, out_hash: `sha-512:${SHA512}` }],
    [{ ext: {} }],
    [{ nonce: 1, pred: 'ignored', ect_ext: 'ignored' }],
  ])('accepts %j', (members) => {
    expect(() => check(members)).not.toThrow();
  });

  it('refuses a hash prefix in profile exec', async () => {
    expect(check({ inp_hash: SHA256 }, 'exec').inpHash).toBe(SHA256);
    expect(await pointersOf({ inp_hash: `sha-256:${SHA256}` }, 'exec')).toEqual(['/inp_hash']);
  });
  it('accepts an extension of 5 levels and refuses 6, arrays counted', async () => {
    expect(check({ ext: nested(5) }).extension).toEqual(nested(5));
    expect(check({ ext: { a: [[[[]]]] } }).extension).toBeDefined();
    expect(await pointersOf({ ext: nested(6) })).toEqual(['/ext']);
    expect(await pointersOf({ ext: { a: [[[[[]]]]] } })).toEqual(['/ext']);
    expect(await pointersOf({ ext: nested(10_000, (inner) => [inner]) })).toEqual(['/ext']);
  });

  it('counts the bytes of the extension', async () => {
    const overhead = Buffer.byteLength('{"k":""}');
    expect(check({ ext: { k: 'x'.repeat(4096 - overhead) } }).extension).toBeDefined();
    expect(await pointersOf({ ext: { k: 'x'.repeat(4097 - overhead) } })).toEqual(['/ext']);
    expect(await pointersOf({ ext: { k: '\u20ac'.repeat(1363) } })).toEqual(['/ext']);
  });
});
