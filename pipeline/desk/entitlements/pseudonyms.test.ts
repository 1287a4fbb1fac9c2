import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FORGET, macroOf, openPseudonyms, pseudonym } from './pseudonyms.ts'

const key = { id: '0a1b2c3d', secret: Buffer.from('0123456789abcdef0123456789abcdef') }

test('DuckDB makes the same tokens of any text as Node’s HMAC does, and none once it has forgotten the key', async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run(macroOf(key))
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 80 }), async (text) => {
      const read = await connection.runAndReadAll('SELECT pd($1)', [text.replaceAll('\0', '')])
      expect(read.getRows()[0]?.[0]).toBe(pseudonym(key, text.replaceAll('\0', '')))
    }),
    { examples: [['王小明'], [''], ["o'x"]] },
  )
  await connection.run("CREATE TABLE masked AS SELECT pd(n) AS n FROM (VALUES (NULL), ('王')) t(n)")
  await connection.run(FORGET)
  await expect(connection.run(`SELECT pd('x')`)).rejects.toThrow('pd')
  const left = await connection.runAndReadAll(`SELECT getvariable('pd_inner'), getvariable('pd_outer'), (SELECT string_agg(sql) FROM duckdb_tables())`)
  expect(JSON.stringify(left.getRows())).not.toMatch(/0a1b2c3d|pd\(/)
  expect(left.getRows()[0]?.slice(0, 2)).toEqual([null, null])
  expect((await connection.runAndReadAll('FROM masked')).getRows()).toEqual([[null], [pseudonym(key, '王')]])
})

test('a key is kept for nobody else to read, and an old one tells of its tokens after a new one was made and the desk started again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lookthrough-pseudonyms-'))
  const file = join(folder, 'pseudonyms.json')
  const first = await openPseudonyms(file)
  const old = pseudonym(first.current(), '王小明')
  expect([old, pseudonym(first.current(), '王小明')]).toEqual([expect.stringMatching(/^pd_[0-9a-f]{8}_[0-9a-f]{32}$/), old])
  const id = await first.rotate()
  const again = await openPseudonyms(file)
  expect([again.current().id, pseudonym(again.current(), '王小明') === old]).toEqual([id, false])
  expect(pseudonym(again.keyOf(old) ?? key, '王小明')).toBe(old)
  for (const other of ['pd_00000000_00000000000000000000000000000000', '王小明', old.slice(1)]) expect(again.keyOf(other)).toBeUndefined()
  expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600')
  expect(Object.keys(JSON.parse(await readFile(file, 'utf8')) as object)).toHaveLength(2)
  for (const broken of ['', '{"k0a1b2c3d":"c2hvcnQ="}']) {
    await writeFile(file, broken)
    await expect(openPseudonyms(file)).rejects.toMatchObject({ code: 'LT-1004', facts: { file } })
  }
  await rm(folder, { recursive: true, force: true })
})
