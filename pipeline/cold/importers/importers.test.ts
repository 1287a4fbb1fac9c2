import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import { importFile } from './importers.ts'
import { Intake, totals } from './intake.ts'
import { fileOf, imported } from './testing/imported.ts'

const SAMPLES = process.env['LOOKTHROUGH_SAMPLES'] ?? '../shared/data'
const samplesOf = (format: string) =>
  existsSync(join(SAMPLES, format)) ? readdirSync(join(SAMPLES, format)).flatMap((name) => (name === 'LICENSE' ? [] : [join(SAMPLES, format, name)])) : []
if (!existsSync(SAMPLES)) console.log(`skipped: the published samples, because ${SAMPLES} is missing (set LOOKTHROUGH_SAMPLES)`)

/** Records of a FIRE file, counted without the importer. */
const fireRecords = (file: string) => Object.values((JSON.parse(readFileSync(file, 'utf8')) as { data: Record<string, unknown[]> }).data).flat().length

describe.skipIf(!existsSync(SAMPLES))('the published samples', () => {
  test('every BODS file imports, and every statement of it is in the report', async () => {
    for (const file of samplesOf('bods')) {
      const { report, events } = await imported('bods', file)
      expect([file, report.read]).toEqual([file, (JSON.parse(readFileSync(file, 'utf8')) as unknown[]).length])
      expect(events.length).toBeGreaterThan(4)
    }
  })

  test('every FIRE file imports, and every record of it is in the report', async () => {
    const written: Record<string, number> = {}
    for (const file of samplesOf('fire')) {
      const { report } = await imported('fire', file)
      expect([file, report.read]).toEqual([file, fireRecords(file)])
      for (const { events } of report.mapped.values()) for (const [type, count] of events) written[type] = (written[type] ?? 0) + count
    }
    expect(written).toEqual({ 'credit.loan': 5, 'book.position': 6, 'inst.metric': 3, 'ref.party': 2 })
  })

  test('every AMLSim file imports, row by row', { timeout: 120_000 }, async () => {
    const rows: Record<string, number> = {}
    for (const file of samplesOf('amlsim')) {
      let lines = 0
      const report = await importFile('amlsim', file, () => void lines++)
      rows[file.replace(/.*20K_/, '')] = report.read
      expect([lines, report.skipped.size]).toEqual([report.read, 0])
    }
    expect(rows).toEqual({ 'cycle200.tgz': 117_805, 'fanin200.tgz': 118_250, 'fanin200cycle200.tgz': 120_558 })
  })
})

const CSV = 'sourceNodeId,targetNodeId,value,time\n1,2,10.50,1\n2,3,ten,1\n3,4,7,0\n4,1,1.00,2\n'

describe('an import', () => {
  test('counts what it skips by reason, and numbers what it writes without gaps', async () => {
    const { events, reasons } = await imported('amlsim', fileOf('transactions.csv', CSV))
    expect(events.map((e) => [e.id, e.sequence, e.data['amount'], e.time])).toEqual([
      ['t1', '1', '10.50', '2026-01-01T00:00:00.000Z'],
      ['t4', '2', '1.00', '2026-01-02T00:00:00.000Z'],
    ])
    expect(reasons).toEqual({ amount: 1, time: 1 })
  })

  test('reads the same plain, gzipped and inside an archive', async () => {
    const archive = pack()
    archive.entry({ name: 'a/readme.txt' }, 'not this one')
    archive.entry({ name: 'a/transactions.csv' }, CSV)
    archive.finalize()
    const chunks: Buffer[] = []
    for await (const chunk of archive) chunks.push(chunk as Buffer)
    const plain = (await imported('amlsim', fileOf('transactions.csv', CSV))).events
    for (const file of [fileOf('t.csv.gz', gzipSync(CSV)), fileOf('t.tgz', gzipSync(Buffer.concat(chunks)))])
      expect((await imported('amlsim', file)).events).toEqual(plain)
  })

  test('goes on counting from file to file of a run, so that no two events share an id', async () => {
    const [ids, numbers] = [new Set<string>(), new Map<string, number>()]
    const file = fileOf('transactions.csv', CSV)
    for (const one of [file, file]) await importFile('amlsim', one, (line) => void ids.add((JSON.parse(line) as { id: string }).id), numbers)
    expect([...ids]).toEqual(['t1', 't4', 't5', 't8'])
  })

  test('says what a file is not: missing, cut off, an archive without the file, another format', async () => {
    const fails = (format: 'amlsim' | 'bods' | 'fire', file: string) => importFile(format, file, () => undefined).catch((error: Error) => error.message)
    expect(await fails('amlsim', '/nowhere.csv')).toContain('cannot open file /nowhere.csv')
    expect(await fails('amlsim', fileOf('cut.csv.gz', gzipSync(CSV.repeat(99)).subarray(0, 60)))).toContain('is not AMLSim CSV: unexpected end of file')
    expect(await fails('amlsim', fileOf('empty.tgz', gzipSync(Buffer.alloc(1024))))).toContain('no file in it ends in /transactions.csv')
    expect(await fails('bods', fileOf('cut.json', '[{"statementId": "a"},'))).toContain('is not BODS 0.4 JSON: it ends too early')
    expect(await fails('bods', fileOf('page.json', '<html></html>'))).toContain('between its objects stands')
    expect(await fails('fire', fileOf('list.json', '[1]'))).toContain('no list of records')
  })

  test('on the command line writes events to one stream and its report to the other; 1 where something was skipped, 2 where a file fails', {
    timeout: 120_000,
  }, () => {
    const run = (lang: string, ...files: string[]) =>
      spawnSync(process.execPath, ['pipeline/launch.cjs', 'import', 'amlsim', ...files], { encoding: 'utf8', env: { ...process.env, LOOKTHROUGH_LANG: lang } })
    const file = fileOf('transactions.csv', CSV)
    const [zh, en] = [run('zh', file), run('en', file, '/nowhere.csv')]
    expect([zh.status, en.status, en.stdout]).toEqual([1, 2, zh.stdout])
    expect(zh.stdout.split('\n').map((line) => line.slice(0, 28))).toEqual(['{"specversion":"1.0","id":"t', '{"specversion":"1.0","id":"t', ''])
    expect(zh.stderr).toContain(`${file}：4 条记录 = 转换 2 + 附属于他条 0 + 跳过 2；写出 2 个事件`)
    expect(en.stderr.split('\n').slice(0, 5)).toEqual([
      `${file}: 4 records = 2 mapped + 0 detail of another + 2 skipped; 2 events written`,
      '  mapped transaction 2 → pay.payment 2',
      '  skipped 1: no amount: ten (first: t2)',
      '  skipped 1: no time: 0 (first: t3)',
      expect.stringContaining('LT-1001 cannot open file /nowhere.csv'),
    ])
  })

  test('skips a record whose event the engine would not take, with the place in it', async () => {
    const intake = new Intake(() => undefined)
    const data = { metric: 'tier1', value: 'much', unit: 'CNY', period: '2026', basis: 'solo' }
    intake.take()
    await intake.map('capital', [{ id: 'm', source: '/x', type: 'inst.metric', time: '2026-01-01T00:00:00Z', institution: 'B1', data }])
    expect(intake.settled().skipped.get('import.why.schema ')).toMatchObject({ count: 1, facts: { pointer: '/data/value' } })
    expect(totals(intake.report).written).toBe(0)
  })

  test('does not end while a record is unaccounted for', () => {
    const intake = new Intake(() => undefined)
    intake.take(2)
    intake.skip('import.why.json', 'first')
    expect(() => intake.settled()).toThrow('2 read, 0 mapped, 0 details, 1 skipped')
  })
})
