import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { type Answer, type EntryJson, expectProblem, faultsAt } from '../support/client.js';
import { draw } from '../support/graphviz.js';
import { readFlowchart } from '../support/mermaid-flowchart.js';
import { readRunEvents } from '../support/openlineage.js';
import { recordGraph } from '../support/record-graph.js';
import { STORES, startService, type TestService } from '../support/service.js';

const HOSTILE = '"]; x -> y [label="\\N <b>\u202e`%%{init}%%`';

describe.each(STORES)('graph formats (%s)', (store) => {
  let ledger: TestService;
  /** 0 → 1, 2 → 3. */
  let graph: readonly EntryJson[];
  let routes: readonly (readonly [string, string])[];

  beforeAll(async () => {
    ledger = await startService({ store });
    graph = await recordGraph(ledger, 4, (i) => [[], [0], [0], [1, 2]][i] ?? []);
    const [first, , , last] = graph;
    routes = [
      [`/ledger/${last?.jti ?? ''}/ancestry`, `ancestry-${last?.jti ?? ''}`],
      [`/ledger/${first?.jti ?? ''}/descendants`, `descendants-${first?.jti ?? ''}`],
      [`/workflows/${first?.wid ?? ''}`, `workflow-${first?.wid ?? ''}`],
    ];
  });

  afterAll(() => ledger.close());

  const idOf = (jti: string) => `n${graph.find((entry) => entry.jti === jti)?.index ?? ''}`;
  const arrows = () =>
    graph.flatMap(({ jti, parents }) => parents.map((parent) => [idOf(parent), idOf(jti)])).sort();

  const FORMATS = [
    ['dot', 'text/vnd.graphviz', 'dot', async (text: string) => (await draw(text)).arrows],
    ['mermaid', 'text/vnd.mermaid', 'mmd', (text: string) => Promise.resolve(readFlowchart(text).arrows)],
    [
      'openlineage',
      'application/x-ndjson',
      'ndjson',
      (text: string) =>
        Promise.resolve(
          readRunEvents(text).flatMap(({ run }) =>
            (run.facets.jobDependencies?.upstream ?? []).map((parent) => [
              idOf(parent.run.runId),
              idOf(run.runId),
            ]),
          ),
        ),
    ],
  ] as const;

  test.each(FORMATS)(
    '%s comes by query and by Accept, as a file',
    async (format, mediaType, extension, read) => {
      for (const [path, name] of routes) {
        const byQuery = await ledger.client.get(`${path}?format=${format}`, { Accept: 'text/html,*/*' });
        const byAccept = await ledger.client.get(path, { Accept: `${mediaType}, application/json;q=0.5` });
        for (const { status, headers, text } of [byQuery, byAccept]) {
          expect(status).toBe(200);
          expect(headers.get('content-type')).toBe(`${mediaType}; charset=utf-8`);
          expect(headers.get('content-disposition')).toBe(`attachment; filename="${name}.${extension}"`);
          expect(headers.get('vary')).toBe('Accept');
          expect([...(await read(text))].sort()).toEqual(arrows());
        }
        expect(byAccept.text).toBe(byQuery.text);
      }
    },
  );

  test.each([
    ['', undefined],
    ['', '*/*'],
    ['', 'text/html, */*;q=0.8'],
    ['', 'image/png'],
    ['', 'application/json, text/vnd.mermaid'],
    ['', 'text/vnd.mermaid;q=0.1, application/json;q=0.2'],
    ['?format=json', 'text/vnd.graphviz'],
  ])('%s with Accept %s is JSON', async (query, accept) => {
    for (const [path] of routes) {
      const { status, headers, body } = await ledger.client.get(
        `${path}${query}`,
        accept === undefined ? {} : { Accept: accept },
      );
      expect({ status, body }).toMatchObject({ status: 200, body: { nodes: [{}, {}, {}, {}] } });
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(headers.get('content-disposition')).toBeNull();
      expect(headers.get('vary')).toBe('Accept');
    }
  });

  test('the query wins over Accept', async () => {
    for (const [path] of routes) {
      const { headers } = await ledger.client.get(`${path}?format=dot`, { Accept: 'text/vnd.mermaid' });
      expect(headers.get('content-type')).toMatch(/^text\/vnd\.graphviz/);
    }
  });

  test('an unknown format is refused, whatever Accept says', async () => {
    for (const [path] of routes) {
      for (const format of ['xml', 'DOT', '', 'dot&format=mermaid', 'constructor']) {
        const answer = await ledger.client.get(`${path}?format=${format}`, { Accept: 'text/vnd.graphviz' });
        expectProblem(answer, 'invalid-request', 400, faultsAt('/query/format'));
      }
    }
  });

  test('a problem stays a problem', async () => {
    const path = `/ledger/${randomUUID()}/ancestry?format=dot`;
    expectProblem(await ledger.client.get(path, { Accept: 'text/vnd.graphviz' }), 'not-found', 404);
  });

  test('a part says that it is one, in every format', async () => {
    for (const [path] of routes) {
      const ask = (format: string): Promise<Answer> => ledger.client.get(`${path}?limit=2&format=${format}`);
      for (const format of ['dot', 'mermaid', 'openlineage'])
        expect((await ask(format)).text).toMatch(/truncated/i);
      const shown = readRunEvents((await ask('openlineage')).text);
      expect(shown).toHaveLength(2);
    }
  });

  test('what an issuer writes stays text', async () => {
    const wid = randomUUID();
    const { index } = await ledger.client.recorded(await ledger.cast.a.sign({ wid, execAct: HOSTILE }));
    const shown = HOSTILE.replace('\u202e', '\\u{202e}');
    const dot = await ledger.client.get(`/workflows/${wid}?format=dot`);
    expect((await draw(dot.text)).boxes.get(`n${index}`)?.lines[0]).toBe(shown);
    const mermaid = await ledger.client.get(`/workflows/${wid}?format=mermaid`);
    expect(readFlowchart(mermaid.text).boxes.get(`n${index}`)?.split('\n')[0]).toBe(shown);
    const events = await ledger.client.get(`/workflows/${wid}?format=openlineage`);
    expect(readRunEvents(events.text)[0]?.job.name).toBe(HOSTILE);
  });
});
