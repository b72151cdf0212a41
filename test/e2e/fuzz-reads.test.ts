import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { headerText, path, query } from '../support/hostile.js';
import { expectSane } from '../support/sane-answer.js';
import { startService, type TestService } from '../support/service.js';

const RECORDED = 5;
const ROUTES = [
  '/ledger',
  '/workflows',
  '/ledger/{jti}',
  '/ledger/{jti}/ancestry',
  '/ledger/{jti}/descendants',
  '/ledger/{jti}/receipt',
  '/log/proof/inclusion',
  '/log/proof/consistency',
  '/log/entries/1',
  '/log/checkpoint',
];

describe('hostile requests', () => {
  let ledger: TestService;
  let jti: string;

  beforeAll(async () => {
    ledger = await startService({ store: 'postgres' });
    for (let i = 0; i < RECORDED; i++) ({ jti } = await ledger.client.recorded(await ledger.cast.a.sign()));
  });

  afterAll(() => ledger.close());

  test('to read are answered sanely, whatever path and query', async () => {
    const method = fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'DELETE', 'POST');
    await fc.assert(
      fc.asyncProperty(
        method,
        path,
        query,
        fc.option(headerText),
        async (verb, route, parameters, accept) => {
          const search = new URLSearchParams(parameters).toString();
          const url = encodeURI(route).replaceAll('%25', '%');
          const init = { method: verb, ...(accept !== null && { headers: { Accept: accept } }) };
          const answer = await ledger.client.request(`${url}?${search}`, init);
          if (verb !== 'HEAD') expectSane(answer);
          expect(answer.status).toBeLessThan(500);
        },
      ),
      { numRuns: 250 },
    );
    expect(await ledger.client.countEntries()).toBe(RECORDED);
  });

  test('to real routes are answered sanely, whatever parameters', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ROUTES), query, async (template, parameters) => {
        const search = new URLSearchParams(parameters).toString();
        expectSane(await ledger.client.get(`${template.replace('{jti}', jti)}?${search}`));
      }),
      { numRuns: 300 },
    );
    expect(await ledger.client.countEntries()).toBe(RECORDED);
  });
});
