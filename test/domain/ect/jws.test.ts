import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeEct } from '../../../src/domain/ect/jws.js';
import { LedgerError } from '../../../src/domain/errors.js';
import { codeOf } from '../../support/problem.js';
import { base64url } from '../../support/raw-token.js';

const HEADER = base64url('{"alg":"ES256"}');
const PAYLOAD = base64url('{"a":1}');
const MAX_BYTES = 16_384;

const decode = (text: string) => decodeEct(text, MAX_BYTES);
const withPayload = (bytes: string | Uint8Array) => `${HEADER}.${base64url(bytes)}.c2ln`;

describe('decodeEct', () => {
  it('takes header and payload apart and keeps the text', () => {
    const compact = `${HEADER}.${PAYLOAD}.c2ln`;
    expect(decode(compact)).toEqual({
      compact,
      header: { alg: 'ES256' },
      payload: { a: 1 },
      hasSignature: true,
    });
  });

  it('lets an empty signature pass and says so', () => {
    expect(decode(`${HEADER}.${PAYLOAD}.`).hasSignature).toBe(false);
  });

  it('accepts a token of exactly the limit and refuses one byte more', async () => {
    const compact = `${HEADER}.${PAYLOAD}.c2ln`;
    expect(decodeEct(compact, compact.length).compact).toBe(compact);
    expect(await codeOf(() => decodeEct(compact, compact.length - 1))).toBe('token-too-large');
  });

  it('counts bytes, not characters', async () => {
    expect(await codeOf(() => decodeEct('\u20ac'.repeat(4), 11))).toBe('token-too-large');
    expect(await codeOf(() => decodeEct('\u20ac'.repeat(4), 12))).toBe('malformed-token');
  });

  it.each([
    ['nothing', ''],
    ['one part', 'hello'],
    ['two parts', `${HEADER}.${PAYLOAD}`],
    ['four parts', `${HEADER}.${PAYLOAD}.c2ln.c2ln`],
    ['four parts, the last empty', `${HEADER}.${PAYLOAD}.c2ln.`],
    ['many empty parts', '.'.repeat(MAX_BYTES)],
    ['an empty header', `.${PAYLOAD}.c2ln`],
    ['an empty payload', `${HEADER}..c2ln`],
    ['padding', `${HEADER}.${PAYLOAD}.c2lnYQ==`],
    ['standard base64', `${HEADER}.${PAYLOAD}.++//`],
    ['white space before', ` ${HEADER}.${PAYLOAD}.c2ln`],
    ['white space inside', `${HEADER}.${PAYLOAD}.c2 ln`],
    ['a line break after', `${HEADER}.${PAYLOAD}.c2ln\n`],
    ['non-zero trailing bits in the signature', `${HEADER}.${PAYLOAD}.AB`],
    ['non-zero trailing bits in the payload', `${HEADER}.${base64url('{"a":12}').slice(0, -1)}1.c2ln`],
    ['a length that no base64url has', `${HEADER}.${PAYLOAD}.c2lnc`],
    ['a character beyond ASCII', `${HEADER}.${PAYLOAD}.c2l\u0146`],
    ['a lone surrogate', `${HEADER}.${PAYLOAD}.\ud800`],
    ['bytes that are not UTF-8', withPayload(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))],
    ['an overlong UTF-8 form', withPayload(Buffer.from([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d]))],
    ['a byte order mark', withPayload('\ufeff{"a":1}')],
    ['an array as payload', withPayload('[]')],
    ['null as payload', withPayload('null')],
    ['a string as payload', withPayload('"a"')],
    ['text after the payload', withPayload('{}{}')],
    ['a duplicate claim', withPayload('{"jti":1,"jti":2}')],
    ['a duplicate name deep inside', withPayload('{"a":[{"b":{"c":1,"\\u0063":2}}]}')],
    ['a duplicate header member', `${base64url('{"alg":"none","alg":"ES256"}')}.${PAYLOAD}.c2ln`],
    ['deep nesting without an end', withPayload('['.repeat(12_000))],
  ])('refuses %s', async (_, text) => {
    expect(await codeOf(() => decode(text))).toBe('malformed-token');
  });

  it('keeps a claim named __proto__ from reaching the prototype', () => {
    const { payload } = decode(withPayload('{"__proto__":{"iss":"spiffe://evil"}}'));
    expect(payload['iss']).toBeUndefined();
  });

  it('decodes what was encoded, whatever the claims', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (claims) => {
        const text = JSON.stringify(claims);
        expect(decodeEct(withPayload(text), 1_000_000).payload).toEqual(JSON.parse(text));
      }),
    );
  });

  it('throws nothing but a LedgerError for arbitrary text and bytes', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.uint8Array().map(base64url),
      fc.string({ unit: fc.constantFrom(...'{}[]":,\\u0a ') }).map(base64url),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        try {
          decode(parts.join('.'));
        } catch (error) {
          expect(error).toBeInstanceOf(LedgerError);
          expect((error as LedgerError).code).toBe('malformed-token');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
