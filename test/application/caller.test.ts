import { describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { canSee, EVERYTHING, trustDomainOf } from '../../src/application/caller.js';

describe('the trust domain of an issuer', () => {
  test.each([
    ['spiffe://example.com/agent/a', 'example.com'],
    ['spiffe://example.com', 'example.com'],
    ['https://agents.example.org', 'agents.example.org'],
    ['https://agents.example.org:8443/a', 'agents.example.org:8443'],
    ['https://example.com@evil.example/', 'example.com@evil.example'],
    ['https://evil.example?https://example.com/', 'evil.example?https:'],
    ['http://example.com/a', undefined],
    ['urn:spiffe://example.com/', undefined],
    ['spiffe:///agent', undefined],
  ])('%s is in %s', (iss, trustDomain) => {
    expect(trustDomainOf(iss)).toBe(trustDomain);
  });
});

describe('what a caller can see', () => {
  const wid = randomUUID();
  const task = { wid, iss: 'spiffe://example.com/agent/a' };

  test('is everything without limits', () => {
    expect(canSee(EVERYTHING, { iss: 'urn:a' })).toBe(true);
  });

  test.each([
    [{ workflows: new Set([wid]) }, true],
    [{ workflows: new Set([randomUUID()]) }, false],
    [{ trustDomains: new Set(['example.com']) }, true],
    [{ trustDomains: new Set(['example']) }, false],
    [{ workflows: new Set([wid]), trustDomains: new Set(['example']) }, false],
    [{ workflows: new Set<string>() }, false],
  ])('is within all limits: %o %s', (limits, isSeen) => {
    expect(canSee(limits, task)).toBe(isSeen);
  });

  test('is no task without a workflow where workflows are named, none without a trust domain where those are', () => {
    expect(canSee({ workflows: new Set([wid, '']) }, { iss: task.iss })).toBe(false);
    expect(canSee({ trustDomains: new Set(['example.com', '']) }, { wid, iss: 'urn:a' })).toBe(false);
  });
});
