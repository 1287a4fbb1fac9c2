import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, describe, expect, test } from 'vitest'
import { runSql } from './sql.ts'

const lake = mkdtempSync(join(tmpdir(), 'lookthrough-lake-'))
const ask = (sql: string, institution: string | null = null, rest: { limit?: number; timeoutMs?: number } = {}) =>
  runSql({ sql, lakeDirectory: lake, viewer: { institution }, ...rest })
const codeOf = (sql: string, rest: { limit?: number; timeoutMs?: number } = {}) =>
  ask(sql, null, rest).then(
    (r) => `${r.rows.length} rows`,
    (e: { code: string }) => e.code,
  )

beforeAll(async () => {
  mkdirSync(join(lake, 'tables'))
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const write = (table: string, query: string) => connection.run(`COPY (${query}) TO '${join(lake, 'tables', table)}.parquet' (FORMAT parquet)`)
  await write(
    'alerts',
    `SELECT * FROM (VALUES ('A-1', 'B0001', 'institution', '[]', '[]', 1, NULL, TIMESTAMP '2026-03-02 01:00:00'), ('A-2', 'B0002', 'institution', '["secret"]', '[]', 1, NULL, NULL), ('A-3', 'B0001', 'supervisor', '[]', '[]', 1, NULL, NULL)) v(id, institution, disclosure, path, evidence, evidence_count, positions, "at")`,
  )
  await write('loan', `SELECT * FROM (VALUES ('L1', 'B0001', 10.50::DECIMAL(38,2)), ('L2', 'B0002', 20.00)) v(loan_id, institution, balance)`)
  await write('party', `SELECT 'P1' AS party_id, 'B0002' AS institution`)
})

test('an analyst joins tables; decimals and times come as text', async () => {
  const result = await ask('select a.id, l.balance, a."at" from alerts a join loan l using (institution) order by a.id, 2')
  expect(result.columns.map((c) => c.name)).toEqual(['id', 'balance', 'at'])
  expect(result.rows).toEqual([
    ['A-1', '10.50', '2026-03-02T01:00:00Z'],
    ['A-2', '20.00', null],
    ['A-3', '10.50', null],
  ])
})

test('a bank finds its own disclosed rows and nothing of anyone else, in no table and no column', async () => {
  expect((await ask('select id from alerts', 'B0001')).rows).toEqual([['A-1']])
  expect((await ask('select loan_id from loan', 'B0001')).rows).toEqual([['L1']])
  expect((await ask('select column_name from information_schema.columns', 'B0001')).rows.flat()).not.toContain('path')
  await expect(ask('select * from party', 'B0001')).rejects.toMatchObject({ code: 'LT-2150' })
  expect((await ask('select table_name from information_schema.tables order by 1', `x' OR '1'='1`)).rows.flat()).toEqual(['alerts', 'loan'])
  expect((await ask('select * from loan', `x' OR '1'='1`)).rows).toEqual([])
})

describe('a query gets out of its box in no way', () => {
  const refused: [string, string][] = [
    ["select * from read_csv('/etc/passwd')", 'LT-2150'],
    ["select * from read_text('/etc/passwd')", 'LT-2150'],
    ["select * from glob('/*')", 'LT-2150'],
    [`select * from '${lake}/tables/party.parquet'`, 'LT-2150'],
    ["attach '/etc/passwd' as x", 'LT-2151'],
    ["copy alerts to '/dev/shm/evil.csv'", 'LT-2151'],
    ["explain analyze copy alerts to '/dev/shm/evil.csv'", 'LT-2151'],
    ['install httpfs', 'LT-2151'],
    ["set memory_limit = '20GB'", 'LT-2151'],
    ['pragma database_list', 'LT-2151'],
    ['select 1; select 2', 'LT-2151'],
    ['create table x as select 1', 'LT-2151'],
    ["insert into alerts values ('x')", 'LT-2151'],
    ['', 'LT-2151'],
    ['select nonsense from nowhere', 'LT-2150'],
  ]
  for (const [sql, code] of refused) test(sql === '' ? 'an empty query' : sql.replace(lake, '…'), async () => expect(await codeOf(sql)).toBe(code))

  test('fifty million rows are cut off at the limit', async () => {
    expect(await ask('select * from range(50000000)', null, { limit: 1000 })).toMatchObject({ truncated: true, rows: { length: 1000 } })
  })

  test('an endless query is stopped, and a sort beyond its memory ends with a message', async () => {
    expect(await codeOf('select count(*) from range(10000000) a, range(10000000) b where a.range + b.range = -1', { timeoutMs: 1500 })).toBe('LT-2152')
    expect(await codeOf(`select * from (select range, md5(range::varchar) m from range(50000000)) order by m`, { timeoutMs: 20_000 })).toBe('LT-2152')
  })

  test('nothing is left on disk', async () => {
    await ask('select 1')
    expect(readdirSync('/dev/shm').filter((f) => f.startsWith('evil'))).toEqual([])
  })
})
