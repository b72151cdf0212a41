import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TRUNCATED_NOTE } from '../../src/domain/export/task-graph.js';
import type { EntryJson } from '../support/client.js';
import { runCommand } from '../support/command.js';
import { recordGraph } from '../support/record-graph.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { startService, type TestService } from '../support/service.js';
import { makeTempDir } from '../support/temp-dir.js';

const COMMAND = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

let ledger: TestService;
let graph: readonly EntryJson[];
let folder: string;

beforeAll(async () => {
  ledger = await startService({ store: 'memory' });
  graph = await recordGraph(ledger, 4, (i) => [[], [0], [0], [1, 2]][i] ?? []);
  folder = await makeTempDir();
});

afterAll(() => ledger.close());

describe('export', () => {
  const run = (...args: readonly string[]) => runCommand(['export', '--url', ledger.client.url, ...args]);
  const wid = () => graph[0]?.wid ?? '';
  const leaf = () => graph[3]?.jti ?? '';

  test.each(['dot', 'mermaid', 'openlineage'])('writes %s as the ledger does', async (format) => {
    const { text } = await ledger.client.get(`/workflows/${wid()}?format=${format}`);
    expect(await run('--workflow', wid(), '--format', format)).toEqual({ code: 0, out: text, err: '' });
    const trace = await ledger.client.get(`/ledger/${leaf()}/ancestry?depth=5&format=${format}`);
    expect(await run('--jti', leaf(), '--ancestry', '--depth', '5', '--format', format)).toEqual({
      code: 0,
      out: trace.text,
      err: '',
    });
  });

  test('writes JSON, a task per line, and a table', async () => {
    const { body } = await ledger.client.get<{ nodes: object[] }>(`/workflows/${wid()}`);
    expect(JSON.parse((await run('--workflow', wid())).out)).toEqual(body);
    const { out } = await run('--workflow', wid(), '--format', 'ndjson');
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(body.nodes);
    const table = await run('--jti', graph[0]?.jti ?? '', '--descendants', '--format', 'csv');
    expect(
      table.out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(',')[0]),
    ).toEqual(['index', ...graph.map(({ index }) => String(index))]);
  });

  test('writes to a file', async () => {
    const file = join(folder, 'table.csv');
    expect(await run('--workflow', wid(), '--format', 'csv', '--out', file)).toEqual({
      code: 0,
      out: '',
      err: '',
    });
    expect((await readFile(file, 'utf8')).split('\r\n')).toHaveLength(6);
    const nowhere = await run('--workflow', wid(), '--out', join(folder, 'none', 'x'));
    expect(nowhere).toMatchObject({ code: 2, err: expect.stringContaining('no such file or directory') });
  });

  test.each(['json', 'ndjson', 'csv', 'dot', 'mermaid', 'openlineage'])(
    'says aloud that %s is only a part',
    async (format) => {
      const { code, out, err } = await run('--workflow', wid(), '--limit', '2', '--format', format);
      expect([code, err]).toEqual([1, 'Only a part: --limit or --depth cut something off.\n']);
      expect(out).not.toBe('');
    },
  );

  test('is not taken in by an issuer who writes that it is a part', async () => {
    const execAct = `\n// ${TRUNCATED_NOTE}\n%% ${TRUNCATED_NOTE} "key":"ect.truncated"`.replaceAll('\n', '');
    const { jti } = await ledger.client.recorded(await ledger.cast.a.sign({ execAct }));
    for (const format of ['dot', 'mermaid', 'openlineage'])
      expect(await run('--jti', jti, '--format', format)).toMatchObject({ code: 0, err: '' });
  });

  test.each([
    [[]],
    [['--workflow', 'w', '--jti', 'w']],
    [['--workflow', 'w', '--depth', '1']],
    [['--workflow', 'w', '--format', 'xml']],
  ])('%j makes no sense', async (args) => {
    const { code, err } = await run(...args.map((arg) => (arg === 'w' ? wid() : arg)));
    expect([code, err]).toEqual([2, expect.stringMatching(/./)]);
  });
});

describe('tail', () => {
  const tailing = async (args: readonly string[], isEnough: () => Promise<void>) => {
    const controller = new AbortController();
    const ended = runCommand(['tail', '--url', ledger.client.url, ...args], '', controller.signal);
    await isEnough();
    controller.abort();
    return ended;
  };

  test('shows everything since an index, and what comes, and ends cleanly', async () => {
    const last = graph[3]?.index ?? 0;
    const { code, out, err } = await tailing(['--since', String(last - 1), '--json'], async () => {
      await ledger.client.recorded(await ledger.cast.a.sign({ execAct: 'one_more' }));
      await delay(1_000);
    });
    expect([code, err]).toEqual([0, '']);
    const entries = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as EntryJson);
    expect(entries[0]).toEqual((await ledger.client.get(`/ledger/${graph[3]?.jti ?? ''}`)).body);
    expect(entries.at(-1)).toMatchObject({ exec_act: 'one_more' });
    expect(entries.map(({ index }) => index)).toEqual(entries.map((_, i) => last + i));
  });

  test('shows one workflow, a line per entry', async () => {
    const { out } = await tailing(['--wid', graph[0]?.wid ?? '', '--since', '0'], () => delay(1_000));
    const [first] = graph;
    expect(out.split('\n')).toHaveLength(graph.length + 1);
    expect(out.split('\n')[0]).toBe(
      `${first?.recorded_at ?? ''}  ${first?.exec_act ?? ''} #${first?.index ?? ''}  ${first?.iss ?? ''}  ${first?.jti ?? ''}`,
    );
  });

  test('says why it can not begin', async () => {
    const beyond = await runCommand(['tail', '--url', ledger.client.url, '--since', '99999']);
    expect(beyond).toMatchObject({ code: 2, err: expect.stringContaining('invalid-request') });
    const nobody = await runCommand(['tail', '--url', 'http://127.0.0.1:9']);
    expect(nobody).toMatchObject({ code: 2, err: expect.stringContaining('no ledger answers') });
  });

  test('as a process ends with 0 on Ctrl-C, and when nobody reads on', async () => {
    const child = spawnTail();
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
    await ledger.client.recorded(await ledger.cast.a.sign({ execAct: 'seen' }));
    while (!out.includes('seen')) await delay(10);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);

    const piped = spawnTail();
    await once(piped.stdout, 'data');
    const exit = once(piped, 'exit');
    piped.stdout.destroy();
    for (let i = 0; i < 3; i++) await ledger.client.recorded(await ledger.cast.b.sign());
    expect(await exit).toEqual([0, null]);
  }, 60_000);

  test('goes on where it was when the connection breaks', async () => {
    const proxy = await TcpProxy.start(ledger.client.url);
    const controller = new AbortController();
    const tail = runCommand(['tail', '--url', proxy.url, '--json'], '', controller.signal);
    const indices: number[] = [];
    for (let i = 0; i < 3; i++) {
      await delay(700);
      indices.push((await ledger.client.recorded(await ledger.cast.a.sign())).index);
      await delay(300);
      proxy.cut();
      indices.push((await ledger.client.recorded(await ledger.cast.a.sign())).index);
    }
    await delay(2_000);
    controller.abort();
    const { code, out } = await tail;
    await proxy.close();
    expect(code).toBe(0);
    const shown = out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as EntryJson).index);
    expect(shown).toEqual(indices);
  }, 30_000);

  function spawnTail(): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, [COMMAND, 'tail', '--json', '--since', '0', '--url', ledger.client.url]);
  }
});
