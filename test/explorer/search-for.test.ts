import { describe, expect, test } from '@jest/globals';
import { searchFor } from '../../explorer/src/pages/search-for.js';

describe('a search of the list', () => {
  const issuers = ['spiffe://example.com/agent/Build', 'spiffe://example.com/agent/audit', 'urn:x'];

  test('is for the issuers that contain the text, whatever its case', () => {
    expect(searchFor('build', issuers)).toEqual({ by: 'issuer', asked: [issuers[0]], matching: 1 });
    expect(searchFor('AGENT', issuers)).toMatchObject({ asked: issuers.slice(0, 2), matching: 2 });
  });

  test('is for the beginning of a name when no issuer does', () => {
    expect(searchFor('88A1', issuers)).toEqual({ by: 'name', prefix: '88a1' });
  });

  test('asks for no more than one address takes, and tells how many there are', () => {
    const many = Array.from({ length: 80 }, (_, n) => `urn:issuer:${n}`);
    expect(searchFor('urn', many)).toEqual({ by: 'issuer', asked: many.slice(0, 50), matching: 80 });
    const long = Array.from({ length: 5 }, (_, n) => `urn:${n}:${'x'.repeat(2_000)}`);
    expect(searchFor('urn', long)).toMatchObject({ asked: long.slice(0, 2), matching: 5 });
  });
});
