import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { encodeLeaf } from '../../src/domain/log/leaf.js';
import { leafHash } from '../../src/domain/log/tree-hash.js';
import { copyTestDatabase, createTestDatabase, type TestDatabase } from '../support/test-database.js';
import pg from 'pg';
import {
  asSuperuser,
  deepVerify,
  LogFiles,
  recordLedger,
  token,
  WID,
  type RecordedLedger,
} from './ledger.js';

type Query = Parameters<Parameters<typeof asSuperuser>[1]>[0];

interface Tampering {
  readonly done: string;
  readonly by: (query: Query) => Promise<unknown>;
  /** `code@index`, all that must be reported, and by default nothing else. */
  readonly reported: readonly string[];
}

const other = token();

/** Replaces what entry 8 is about, in every table that a single row of says it. */
async function rewrite(query: Query, index: number): Promise<Uint8Array> {
  const [row] = await query(
    'SELECT jti::text, jkt, recorded_at_ms::float8 AS at FROM entry WHERE index = $1',
    [index],
  );
  const { jti, jkt, at } = row as { jti: string; jkt: string; at: number };
  const [parent] = await query('SELECT jti::text FROM entry WHERE index = $1', [index - 1]);
  const forged = token({ jti, wid: WID, par: [parent?.['jti']], exec_act: 'forged' });
  const digest = createHash('sha256').update(forged).digest();
  const leaf = encodeLeaf({ kind: 'ect', jti, jkt, digest: digest.toString('base64url'), recordedAtMs: at });
  await query(`UPDATE token SET ect = convert_to($2, 'UTF8') WHERE index = $1`, [index, forged]);
  await query(`UPDATE entry SET digest = $2, exec_act = 'forged' WHERE index = $1`, [index, digest]);
  await query('UPDATE leaf SET leaf = $2 WHERE index = $1', [index, Buffer.from(leaf)]);
  return leafHash(leaf);
}

/** Overwrites one hash of a tile, whichever of its rows has it. */
async function setHash(query: Query, level: number, place: number, hash: Uint8Array): Promise<void> {
  const rows = await query(
    `UPDATE tile_hashes SET hashes = overlay(hashes PLACING $3 FROM (($2::int % 256) - "offset") * 32 + 1)
      WHERE level = $1 AND tile = $2::int / 256 AND "offset" <= $2::int % 256
        AND $2::int % 256 < "offset" + octet_length(hashes) / 32 RETURNING 1`,
    [level, place, Buffer.from(hash)],
  );
  if (rows.length !== 1) throw new Error(`hash ${place} of level ${level} is in ${rows.length} rows`);
}

const swap = (table: string) => async (query: Query) => {
  for (const [from, to] of [
    [20, 100_000],
    [21, 20],
    [100_000, 21],
  ])
    await query(`UPDATE "${table}" SET index = $2 WHERE index = $1`, [from, to]);
};

const deleteRange = (first: number, last: number) => async (query: Query) => {
  for (const table of ['entry', 'token', 'leaf'])
    await query(`DELETE FROM "${table}" WHERE index BETWEEN $1 AND $2`, [first, last]);
  await query('DELETE FROM edge WHERE child BETWEEN $1 AND $2', [first, last]);
};

const HASH = Buffer.alloc(32, 1);

const TAMPERINGS: readonly Tampering[] = [
  { done: 'nothing', by: () => Promise.resolve(), reported: [] },
  {
    done: 'token 5 replaced by another signed one',
    by: (query) => query(`UPDATE token SET ect = convert_to($1, 'UTF8') WHERE index = 5`, [other]),
    reported: ['token-changed@5', 'entry-changed@5', 'edge-unexpected@5'],
  },
  {
    done: 'one byte of the signature of token 5 changed',
    by: (query) =>
      query(
        `UPDATE token SET ect = set_byte(ect, octet_length(ect) - 9, 65 + (get_byte(ect, octet_length(ect) - 9) + 1) % 26) WHERE index = 5`,
      ),
    reported: ['token-changed@5', 'signature-invalid@5'],
  },
  {
    done: 'token 5 overwritten with bytes that are no text',
    by: (query) => query(`UPDATE token SET ect = '\\xff00' WHERE index = 5`),
    reported: ['token-changed@5', 'token-malformed@5'],
  },
  {
    done: 'token 5 removed',
    by: (query) => query('DELETE FROM token WHERE index = 5'),
    reported: ['token-missing@5'],
  },
  ...['exec_act', 'iss', 'kid', 'alg', 'profile'].map((column) => ({
    done: `${column} of entry 6 changed`,
    by: (query: Query) => query(`UPDATE entry SET ${column} = 'forged' WHERE index = 6`),
    reported: ['entry-changed@6'],
  })),
  {
    done: 'pol_decision of entry 6 invented',
    by: (query) => query(`UPDATE entry SET pol_decision = 'approved' WHERE index = 6`),
    reported: ['entry-changed@6'],
  },
  {
    done: 'recorded_at_ms of entry 7 set back',
    by: (query) => query('UPDATE entry SET recorded_at_ms = recorded_at_ms - 60000 WHERE index = 7'),
    reported: ['entry-changed@7', 'recorded-at-order@7'],
  },
  {
    done: 'entry 7 moved to another place in its workflow',
    by: (query) => query('UPDATE entry SET workflow_position = 70 WHERE index = 7'),
    reported: ['workflow-position@7', 'workflow-position@8'],
  },
  {
    done: 'entry 30 given the jti of entry 31',
    by: async (query) => {
      await query('DROP INDEX entry_task_key');
      await query('UPDATE entry SET jti = (SELECT jti FROM entry WHERE index = 31) WHERE index = 30');
    },
    reported: [
      'entry-changed@30',
      'duplicate-task@31',
      'parent-missing@330',
      'parent-missing@331',
      'edge-unexpected@330',
      'edge-unexpected@331',
    ],
  },
  {
    done: 'leaf 8 overwritten',
    by: (query) => query(`UPDATE leaf SET leaf = convert_to('forged', 'UTF8') WHERE index = 8`),
    reported: ['leaf-malformed@8', 'leaf-changed@8'],
  },
  {
    done: 'token, entry and leaf 8 forged alike, signed by the agent',
    by: (query) => rewrite(query, 8),
    reported: ['leaf-changed@8'],
  },
  {
    done: 'token, entry, leaf and leaf hash 8 forged alike',
    by: async (query) => setHash(query, 0, 8, await rewrite(query, 8)),
    reported: ['tile-changed@0', 'checkpoint-root@0'],
  },
  {
    done: 'leaf hash 9 in its tile changed',
    by: (query) => setHash(query, 0, 9, HASH),
    reported: ['tile-changed@9'],
  },
  {
    done: 'leaf hash 600 in the partial tile changed',
    by: (query) => setHash(query, 0, 600, HASH),
    reported: ['tile-changed@600', 'anchor-differs@'],
  },
  {
    done: 'hash 1 of tile 1/0 changed',
    by: (query) => setHash(query, 1, 1, HASH),
    reported: ['tile-changed@256', 'anchor-differs@'],
  },
  {
    done: 'the last row of tile 0/2 removed',
    by: (query) => query('DELETE FROM tile_hashes WHERE level = 0 AND tile = 2'),
    reported: ['tile-missing@512', 'anchor-differs@'],
  },
  {
    done: 'tokens 20 and 21 swapped',
    by: swap('token'),
    reported: ['token-changed@20', 'entry-changed@20', 'token-changed@21', 'entry-changed@21'],
  },
  {
    done: 'entries, tokens and leaves 20 and 21 swapped',
    by: async (query) => {
      for (const table of ['token', 'entry', 'leaf']) await swap(table)(query);
    },
    reported: [
      'leaf-changed@20',
      'leaf-changed@21',
      'edge-missing@320',
      'edge-unexpected@320',
      'edge-missing@321',
      'edge-unexpected@321',
    ],
  },
  {
    done: 'the tail deleted from all tables, to the checkpoint before',
    by: async (query) => {
      await deleteRange(311, 610)(query);
      await query('DELETE FROM checkpoint WHERE size > 311');
      await query('DELETE FROM tile_hashes WHERE level = 1 OR tile >= 2 OR (tile = 1 AND "offset" >= 55)');
      await query(`INSERT INTO tile_hashes SELECT * FROM saved`);
    },
    reported: ['anchor-ahead@311'],
  },
  {
    done: 'the last three entries deleted with their leaves',
    by: deleteRange(608, 610),
    reported: ['anchor-ahead@608', 'beyond-log@608'],
  },
  {
    done: 'the middle deleted: 100 to 102',
    by: deleteRange(100, 102),
    reported: [100, 101, 102]
      .flatMap((at) => [`leaf-missing@${at}`, `entry-missing@${at}`, `token-missing@${at}`])
      .concat([400, 401, 402].flatMap((at) => [`parent-missing@${at}`, `edge-unexpected@${at}`])),
  },
  {
    done: 'the edge from 4 to 3 dropped',
    by: (query) => query('DELETE FROM edge WHERE child = 4'),
    reported: ['edge-missing@4'],
  },
  {
    done: 'an edge from 40 to 2 added',
    by: (query) => query('INSERT INTO edge VALUES (0, 40, 2)'),
    reported: ['edge-unexpected@40'],
  },
  {
    done: 'the root in checkpoint 311 changed',
    by: (query) =>
      query(
        `UPDATE checkpoint SET note = regexp_replace(note, E'\\n311\\n[^\\n]+', E'\\n311\\n${HASH.toString('base64')}') WHERE size = 311`,
      ),
    reported: ['checkpoint-signature@311', 'checkpoint-root@11'],
  },
  {
    done: 'checkpoint 311 overwritten with checkpoint 11',
    by: (query) =>
      query('UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 11) WHERE size = 311'),
    reported: ['checkpoint-malformed@311'],
  },
  {
    done: 'the newest checkpoint removed',
    by: (query) => query('DELETE FROM checkpoint WHERE size = 611'),
    reported: ['checkpoint-missing@311'],
  },
  {
    done: 'an entry slipped in behind the leaves',
    by: (query) => query(`INSERT INTO token VALUES (0, 611, 'x')`),
    reported: ['beyond-log@611'],
  },
];

describe('deep verification', () => {
  let recorded: RecordedLedger;
  let older: TestDatabase;
  const table: string[] = [];

  beforeAll(async () => {
    recorded = await recordLedger(async (size, database) => {
      if (size === 311) older = await copyTestDatabase(database);
    });
  }, 60_000);
  afterAll(async () => {
    await Promise.all([recorded.database.drop(), older.drop(), recorded.files.remove()]);
    process.stderr.write(`${table.join('\n')}\n`);
  });

  async function reportedAfter(
    database: TestDatabase,
    done: string,
    files = recorded.files,
  ): Promise<readonly string[]> {
    const { findings } = await deepVerify(database.url, files);
    const reported = [...new Set(findings.map(({ what, index }) => `${what}@${index ?? ''}`))];
    table.push(`${done} → ${reported.slice(0, 6).join(', ') || 'sound'}${reported.length > 6 ? ' …' : ''}`);
    return reported;
  }

  it.each(TAMPERINGS)('$done', async ({ done, by, reported }) => {
    const copy = await copyTestDatabase(recorded.database);
    try {
      await asSuperuser(copy.url, async (query) => {
        if (done.startsWith('the tail')) await saveTiles(query, older.url);
        await by(query);
      });
      expect([...(await reportedAfter(copy, done))].sort()).toEqual([...reported].sort());
    } finally {
      await copy.drop();
    }
  });

  it('names a restored backup', async () => {
    expect(await reportedAfter(older, 'an older dump restored')).toEqual(['anchor-ahead@311']);
  });

  it('names an empty database', async () => {
    const empty = await createTestDatabase();
    expect(await reportedAfter(empty, 'the database swapped for an empty one')).toEqual(['anchor-ahead@0']);
    await empty.drop();
  });

  it('names a ledger recorded anew under another key', async () => {
    const forged = await recordLedger();
    const reported = await reportedAfter(forged.database, 'the whole ledger recorded anew under another key');
    expect(reported).toEqual(
      expect.arrayContaining(['genesis-differs@0', 'checkpoint-signature@11', 'anchor-differs@']),
    );
    await Promise.all([forged.database.drop(), forged.files.remove()]);
  });

  it('names a replaced signing key', async () => {
    const files = await LogFiles.create();
    await files.sealer();
    const reported = await reportedAfter(recorded.database, 'the signing key replaced', files);
    expect([...reported].sort()).toEqual([
      'checkpoint-signature@11',
      'checkpoint-signature@311',
      'checkpoint-signature@611',
      'genesis-differs@0',
    ]);
    await files.remove();
  });

  it.each([
    [
      'a recorded public key changed',
      `UPDATE verification_key SET jwk = replace(jwk, '"x":"', '"x":"A')`,
      'key-changed',
    ],
    ['a recorded public key removed', 'DELETE FROM verification_key', 'key-missing'],
  ])('%s', async (done, sql, what) => {
    const copy = await copyTestDatabase(recorded.database);
    await asSuperuser(copy.url, async (query) => {
      await query(sql);
    });
    const reported = await reportedAfter(copy, done);
    expect(reported).toEqual(Array.from({ length: 610 }, (_, at) => `${what}@${at + 1}`));
    await copy.drop();
  });

  it('goes on where it was interrupted', async () => {
    const { next, size } = await deepVerify(recorded.database.url, recorded.files, {
      signal: AbortSignal.abort(),
    });
    expect({ next, size }).toEqual({ next: 611, size: 611 });
    for (const from of [1, 256, 300, 610, 611])
      expect(await deepVerify(recorded.database.url, recorded.files, { from })).toMatchObject({
        findings: [],
        next: 611,
      });
  });

  it('needs no more than the right to read', async () => {
    const reader = new URL(recorded.database.url);
    const role = `reader_${reader.pathname.slice(-8)}`;
    await asOwner(
      recorded.database.url,
      `CREATE ROLE ${role} LOGIN PASSWORD 'reader'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`,
    );
    reader.username = role;
    reader.password = 'reader';
    expect(await deepVerify(reader.href, recorded.files)).toMatchObject({ findings: [], size: 611 });
    await asOwner(recorded.database.url, `DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });
});

/** What an attacker has who kept the tiles of the smaller tree. */
async function saveTiles(query: Query, olderUrl: string): Promise<void> {
  await query('CREATE TABLE saved (LIKE tile_hashes)');
  const client = new pg.Client({ connectionString: olderUrl });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(
    'SELECT * FROM tile_hashes WHERE level = 1 OR tile >= 2 OR (tile = 1 AND "offset" >= 55)',
  );
  await client.end();
  for (const row of rows) await query('INSERT INTO saved VALUES ($1, $2, $3, $4, $5)', Object.values(row));
}

async function asOwner(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
