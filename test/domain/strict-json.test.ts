import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseStrictJson } from '../../src/domain/strict-json.js';

describe('parseStrictJson', () => {
  it('parses every JSON value as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, space) => {
        const text = JSON.stringify(value, undefined, space);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['at the top', '{"a":1,"a":1}'],
    ['with another member between', '{"a":1,"b":2,"a":3}'],
    ['after unescaping', String.raw`{"jti":1,"\u006ati":2}`],
    ['when both are escaped', String.raw`{"\u006a":1,"\u006A":2}`],
    ['inside an array', '[{"a":{}},[{"b":1 ,\n"b"\t: 2}]]'],
    ['when empty', '{"":1,"":2}'],
    ['named __proto__', '{"__proto__":1,"__proto__":2}'],
    ['with a quote in it', String.raw`{"\"":1,"\u0022":2}`],
    ['with a backslash at its end', String.raw`{"a\\":1,"a\\":2}`],
  ])('refuses a duplicate name %s', (_, text) => {
    expect(() => parseStrictJson(text)).toThrow(SyntaxError);
    expect(() => parseStrictJson(text)).toThrow('appears more than once');
  });

  it('finds a duplicate wherever one is put into a document', () => {
    const name = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(name, fc.array(fc.jsonValue(), { minLength: 2, maxLength: 5 }), (key, values) => {
        const members = values.map((value) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
        expect(() => parseStrictJson(`{"other":[{${members.join(',')}}]}`)).toThrow('appears more than once');
      }),
    );
  });

  it.each([
    ['the same name in different objects', '{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1}}'],
    ['names that differ in case or in normalisation', '{"a":1,"A":2,"\u00e9":3,"e\u0301":4}'],
    ['a value that looks like members', String.raw`{"a":"\"a\":1,\"a\":2","b":"a","c":"a"}`],
  ])('accepts %s', (_, text) => {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
  });

  it('keeps a member named __proto__ as an ordinary one', () => {
    const value = parseStrictJson('{"__proto__":{"polluted":true}}') as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(value['polluted']).toBeUndefined();
  });

  it.each(['', '{', '{"a"', '{"a":1,}', "{'a':1}", '\ufeff{}', '{}x', 'NaN', '01', '"\t"', String.raw`"\x"`])(
    'throws a SyntaxError for %j',
    (text) => {
      expect(() => parseStrictJson(text)).toThrow(SyntaxError);
    },
  );

  it('survives any depth', () => {
    const depth = 16 * 1024;
    expect(() => parseStrictJson('['.repeat(depth))).toThrow(SyntaxError);
    expect(Array.isArray(parseStrictJson('['.repeat(depth) + ']'.repeat(depth)))).toBe(true);
    expect(() => parseStrictJson('{"a":'.repeat(depth) + '{"b":1,"b":2}' + '}'.repeat(depth))).toThrow('"b"');
  });

  it('throws nothing but a SyntaxError for arbitrary text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,\\ua1 ') }), (text) => {
        try {
          parseStrictJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
