import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Job } from './job.ts'
import { runSql, type SqlOptions } from './sql.ts'

const CHILD = fileURLToPath(new URL('../../../dist/pipeline/desk/sql/child.js', import.meta.url))

const KEY = { id: '0a1b2c3d', secret: Buffer.from('0123456789abcdef0123456789abcdef') }
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lookthrough-lake-'))
  await mkdir(join(folder, 'tables'))
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const alert = (id: string, institution: string, disclosure: string, mode = 'live', code = 'CR-02', values = '{"share":"0.2"}') =>
    `SELECT '${id}' AS id, 1 AS revision, 'new' AS state, '${mode}' AS mode, '${code}' AS rule_code, 'x' AS rule_id, '1.0.0' AS rule_version, 'h' AS rule_hash,
      '${institution}' AS institution, 'party' AS subject_kind, 'P1' AS subject_id, NULL::VARCHAR AS subject_part, 'red' AS severity, 'breach' AS band,
      TIMESTAMP '2026-03-02 01:00:00.123456' AS "at", NULL::TIMESTAMP AS window_start, NULL::TIMESTAMP AS window_end, '${values}'::JSON AS "values",
      '0.15' AS threshold, 'zh' AS says_zh, 'en' AS says_en, '[]'::JSON AS law, '[{"to":"secret"}]'::JSON AS path, '["secret"]'::JSON AS evidence, 9 AS evidence_count,
      '${disclosure}' AS disclosure, '[]'::JSON AS positions`
  const all = [
    alert('A-1', 'B0001', 'institution'),
    alert('A-2', 'B0001', 'supervisor'),
    alert('A-3', 'B0002', 'institution'),
    alert('A-4', 'B0001', 'institution', 'shadow'),
    alert('A-5', 'B0001', 'institution', 'live', 'CR-03', '{"exposure":"1.00","members":"secret,P1"}'),
    alert('A-6', 'B0001', 'institution', 'live', 'OP-13', '{"listed":"secret","via":"control","share":"0.5000"}'),
    alert('A-7', 'B0001', 'institution', 'live', 'XX-1', '{"day":"2026-03-02","at":"2026-03-02T01:00:00.000Z","note":"secret"}'),
    alert('A-8', '*', 'institution'),
  ]
  const tables: Record<string, string> = {
    alerts: all.join(' UNION ALL '),
    alert_revisions: all.join(' UNION ALL '),
    loan: `SELECT 'L' || i AS loan_id, CASE WHEN i % 2 = 0 THEN 'B0001' ELSE 'B0002' END AS institution, (i * 100)::DECIMAL(38,2) AS balance FROM range(10) t(i)`,
    exposure: `SELECT 'B0001' AS institution, 'P1' AS obligor, 1::DECIMAL(38,2) AS amount`,
    path: `SELECT 'p' AS path_id, 'B0002' AS from_id`,
    holding: `SELECT 'B0001' AS institution, 'F1' AS product_id`,
    claim: `SELECT 'B0001' AS institution, 'what B0002 stated' AS standing`,
    dead_letters: `SELECT 'credit.loan' AS topic, 0 AS "partition", 99 AS "offset", 'schema' AS reason, '/data' AS pointer, 'e1' AS id, 'B0001' AS institution, 'x'::BLOB AS bytes`,
    progress: `SELECT 'credit.loan' AS topic, 12345 AS next_offset`,
  }
  await mkdir(join(folder, 'sys'))
  const stream = `SELECT 'B000' || i AS institution, '/s' || i AS source, i AS open_gaps FROM range(3) t(i)`
  await connection.run(`COPY (${stream}) TO '${join(folder, 'sys', 'stream.parquet')}' (FORMAT parquet)`)
  for (const [name, select] of Object.entries(tables))
    await connection.run(`COPY (${select}) TO '${join(folder, 'tables', `${name}.parquet`)}' (FORMAT parquet)`)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const ask = (sql: string, over: Partial<SqlOptions> = {}) => runSql({ sql, lakeDirectory: folder, viewer: { institution: null }, key: KEY, ...over })
const asBank = (sql: string) => ask(sql, { viewer: { institution: 'B0001' } })
const codeOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked
    return 'answered'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

describe('an answer', () => {
  test('has columns with types, decimals and 64-bit numbers as strings, and instants in RFC 3339', async () => {
    const { columns, rows, truncated } =
      await ask(`SELECT sum(balance) AS total, count(*) AS n, 1 AS i, (SELECT max("at") FROM alerts) AS at, DATE '2026-03-02' AS day, [TIMESTAMP '2026-03-02'] AS many, now() IS NOT NULL AS b,
      TIMESTAMPTZ '2026-03-02 09:00:00+08' AS tz, NULL AS nothing, 0.5::DOUBLE AS half FROM loan`)
    expect(columns.slice(0, 2)).toEqual([
      { name: 'total', type: 'DECIMAL(38,2)' },
      { name: 'n', type: 'BIGINT' },
    ])
    expect(rows).toEqual([['4500.00', '10', 1, '2026-03-02T01:00:00.123456Z', '2026-03-02', ['2026-03-02T00:00:00Z'], true, '2026-03-02T01:00:00Z', null, 0.5]])
    expect(truncated).toBe(false)
  })

  test('tables are found with and without their schema, listed, described, explained and summarised', async () => {
    expect((await ask('FROM lt.loan')).rows).toHaveLength(10)
    expect((await ask('SHOW TABLES')).rows.flat()).toEqual([
      'alert_revisions',
      'alerts',
      'claim',
      'dead_letters',
      'exposure',
      'holding',
      'loan',
      'path',
      'progress',
    ])
    expect((await ask('DESCRIBE loan')).rows.map((r) => r[0])).toEqual(['loan_id', 'institution', 'balance'])
    expect((await ask('EXPLAIN ANALYZE SELECT * FROM loan')).rows).toHaveLength(1)
    expect((await ask(`SELECT * FROM query_table('al' || 'erts')`)).rows).toHaveLength(8)
  })

  test('a mistake is said in the words of the database', async () => {
    await expect(ask('SELECT * FROM lone')).rejects.toThrow(/LT-2131|lone does not exist[^]*loan/)
    expect(await codeOf(ask('SELEC 1'))).toBe('LT-2131')
  })
})

describe('a bank', () => {
  test('finds its own rows, its own disclosed live alerts without path and evidence, and no other table', async () => {
    expect((await asBank('SHOW TABLES')).rows.flat()).toEqual(['alert_revisions', 'alerts', 'dead_letters', 'loan'])
    expect((await asBank('SELECT DISTINCT institution FROM loan')).rows).toEqual([['B0001']])
    for (const table of ['alerts', 'alert_revisions']) {
      const { columns, rows } = await asBank(`SELECT * FROM ${table}`)
      expect(rows.map((r) => r[0])).toEqual(['A-1', 'A-5', 'A-6', 'A-7'])
      expect((await asBank(`SELECT id, "values", says_zh, says_en FROM ${table} ORDER BY id`)).rows).toEqual([
        ['A-1', '{"share":"0.2"}', 'zh', 'en'],
        ['A-5', '{"exposure":"1.00"}', null, null],
        ['A-6', '{"via":"control"}', null, null],
        ['A-7', '{"day":"2026-03-02","at":"2026-03-02T01:00:00.000Z"}', null, null],
      ])
      expect(columns.map((c) => c.name)).not.toEqual(expect.arrayContaining(['path']))
      expect(JSON.stringify(rows)).not.toContain('secret')
    }
    expect((await asBank('SELECT * FROM dead_letters')).columns.map((c) => c.name)).toEqual(['topic', 'reason', 'pointer', 'id', 'institution'])
    for (const table of ['exposure', 'path', 'holding', 'claim', 'progress']) expect(await codeOf(asBank(`SELECT * FROM ${table}`))).toBe('LT-2131')
  })

  test('whose name is no plain word is still only itself', async () => {
    expect((await ask('SELECT * FROM loan', { viewer: { institution: `x' OR '1'='1` } })).rows).toEqual([])
    for (const institution of ['', '*'])
      for (const table of ['loan', 'alerts']) expect((await ask(`SELECT * FROM ${table}`, { viewer: { institution } })).rows).toEqual([])
  })
})

test('how well the data come in is in schema sys; a bank finds its own', async () => {
  expect((await ask('SELECT institution FROM sys.stream ORDER BY 1')).rows.flat()).toEqual(['B0000', 'B0001', 'B0002'])
  expect((await asBank('SELECT * FROM sys.stream')).rows).toEqual([['B0001', '/s1', '1']])
})

describe('a query cannot get out', () => {
  const target = join(tmpdir(), `lookthrough-escape-${process.pid}.csv`)
  test.each([
    `SELECT * FROM read_csv('/etc/passwd')`,
    `SELECT * FROM read_text('/proc/self/environ')`,
    `SELECT * FROM '/etc/passwd'`,
    `SELECT * FROM glob('/etc/*')`,
    `SELECT * FROM sniff_csv('/etc/passwd')`,
    `SELECT * FROM read_text('.')`,
    `ATTACH '${target}'`,
    `COPY (SELECT 1) TO '${target}'`,
    `EXPLAIN ANALYZE COPY (SELECT 1) TO '${target}'`,
    `EXPLAIN COPY (SELECT 1) TO '${target}'`,
    `/* */ EXPLAIN ANALYZE COPY (SELECT 1) TO '${target}'`,
    `EXPORT DATABASE '${target}'`,
    'INSTALL httpfs',
    'LOAD json',
    'SET threads = 8',
    `SET memory_limit = '8GB'`,
    'RESET memory_limit',
    'PRAGMA threads = 8',
    'PRAGMA database_list',
    '-- harmless\nPRAGMA version',
    'SELECT 1; SELECT 2',
    `SELECT 1; COPY (SELECT 1) TO '${target}'`,
    'CREATE TABLE t AS SELECT 1',
    'CREATE OR REPLACE VIEW lt.alerts AS SELECT 1',
    'INSERT INTO loan SELECT * FROM loan',
    'UPDATE loan SET balance = 0',
    'DELETE FROM loan',
    'DROP TABLE loan',
    'PREPARE p AS SELECT 1',
    'CALL pragma_version()',
    'EXPLAIN INSERT INTO loan SELECT * FROM loan',
    'CHECKPOINT',
    '',
    ';',
  ])('%s is refused', async (sql) => {
    expect(await codeOf(ask(sql))).toMatch(/^LT-213[01]$/)
    expect(existsSync(target)).toBe(false)
  })

  test('and sees neither paths of this machine nor anything of its environment', async () => {
    const seen = await Promise.all([
      ask(`SELECT name, value FROM duckdb_settings()`),
      ask('SELECT * FROM duckdb_databases()'),
      ask('SELECT * FROM duckdb_external_file_cache()'),
      ask('SELECT sql FROM duckdb_tables()'),
    ])
    expect(JSON.stringify(seen.map((s) => s.rows))).not.toContain(folder)
    expect(JSON.stringify(seen.map((s) => s.rows))).not.toContain(process.env['HOME'] ?? 'no home')
  })
})

describe('a query is bounded', () => {
  test('fifty million rows come back as the first of them', async () => {
    const some = await ask('SELECT * FROM range(50_000_000)')
    expect([some.rows.length, some.truncated]).toEqual([10_000, true])
    const most = await ask('SELECT * FROM range(50_000_000)', { limit: 1_000_000 })
    expect([most.rows.length, most.truncated]).toEqual([100_000, true])
    const all = await ask('SELECT * FROM range(3)', { limit: 3 })
    expect([all.rows.length, all.truncated]).toEqual([3, false])
  })

  test('rows that are large are cut off by bytes', async () => {
    const { rows, truncated } = await ask(`SELECT repeat('x', 20_000) FROM range(10_000)`)
    expect(truncated).toBe(true)
    expect(rows.length).toBeLessThan(840)
  })

  test.each([
    `WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t`,
    `SELECT count(*) FROM range(1_000_000_000) a, range(1_000_000) b WHERE a.range % 7 = b.range % 11`,
  ])('an endless one is stopped: %s', async (sql) => {
    const started = Date.now()
    expect(await codeOf(ask(sql, { timeoutMs: 700 }))).toMatch(/^LT-213[24]$/)
    expect(Date.now() - started).toBeLessThan(5000)
  })

  test.each([
    `SELECT length(repeat('x', 3_000_000_000))`,
    `SELECT list(i ORDER BY hash(i)) FROM range(100_000_000) t(i)`,
    `SELECT repeat('x', 50_000_000) FROM range(2048)`,
  ])('one that wants too much memory is stopped: %s', async (sql) => {
    expect(await codeOf(ask(sql, { timeoutMs: 90_000 }))).toBe('LT-2134')
  })

  test('one whose asker has gone is ended at once, and no process or folder stays behind', async () => {
    const abort = new AbortController()
    const asked = codeOf(ask('SELECT count(*) FROM range(1_000_000_000) a, range(1_000_000) b WHERE a.range % 7 = b.range % 11', { signal: abort.signal }))
    await setTimeout(300)
    abort.abort()
    expect(await asked).toBe('LT-2132')
    expect((await readdir(tmpdir())).filter((name) => name.startsWith(`lookthrough-sql-${process.pid}-`))).toEqual([])
  })

  test('a desk that dies takes its running query along', async () => {
    const child = fork(CHILD, { cwd: folder, env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
    const sql = 'SELECT count(*) FROM range(1_000_000_000) a, range(1_000_000) b WHERE a.range % 7 = b.range % 11'
    child.send({ sql, tables: [], before: 'SELECT 1', after: 'SELECT 1', maxRows: 1, maxBytes: 1000, timeoutMs: 30_000 } satisfies Job)
    await setTimeout(1500)
    expect(child.exitCode).toBe(null)
    const ended = once(child, 'exit')
    child.disconnect()
    expect(await Promise.race([ended, setTimeout(3000, 'still running')])).toEqual([null, 'SIGKILL'])
  })

  test('a table too large for its memory is told as that, and stands in the way of no query on other tables', async () => {
    const large = join(folder, 'large')
    await mkdir(join(large, 'tables'), { recursive: true })
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    await connection.run(`COPY (SELECT repeat('x', 1000) AS data FROM range(500_000)) TO '${join(large, 'tables', 'events.parquet')}' (FORMAT parquet)`)
    expect(await codeOf(ask('SELECT count(*) FROM events', { lakeDirectory: large }))).toBe('LT-2134')
    expect(await codeOf(ask('SELECT 1', { lakeDirectory: large }))).toBe('answered')
  })

  test('before anything is written to the lake there is nothing to ask', async () => {
    expect(await codeOf(ask('SELECT 1', { lakeDirectory: join(folder, 'none') }))).toBe('LT-2135')
  })
})
