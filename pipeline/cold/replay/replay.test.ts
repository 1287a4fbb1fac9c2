import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digestOf, type PublishedAlert } from '../../contract/index.ts'
import { openFiles } from '../../hot/accept/file-source.ts'
import { scenarioEvents } from '../../scenario/steps.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { importFile } from '../importers/importers.ts'
import { replay } from './replay.ts'

const folder = mkdtempSync(join(tmpdir(), 'lookthrough-replay-'))
const rules = await loadRules()
const fileOf = (name: string, lines: string[]) => {
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
  return join(folder, name)
}
const replayed = async (files: string[], maxEvents = 20_000) => replay({ source: await openFiles(files), rules, maxEvents })

/** Events of 40 s of the scenario with late ones, doubles and garbage among them. */
const story = [...scenarioEvents(5, Date.UTC(2026, 10, 2, 1), 40_000)].map((e) => JSON.stringify(e))

describe('a replay', () => {
  test('decides the same whatever the batch size, and accounts for every line', async () => {
    const lines = [...story.slice(0, 7000), 'garbage', story[10] ?? '', '{"specversion":"1.0"}', ...story.slice(7000)]
    const file = fileOf('batches.ndjson', lines)
    const whole = await replayed([file])
    expect(whole.revisions.length).toBeGreaterThan(5)
    expect([whole.read, whole.duplicate, whole.dead]).toEqual([lines.length, 1, 2])
    expect(whole.used + whole.late + whole.duplicate + whole.dead).toBe(lines.length)
    for (const maxEvents of [1009, 3333]) expect((await replayed([file], maxEvents)).digest).toBe(whole.digest)
  })

  test('decides the same when the same events arrive in another order within the bound', async () => {
    const reference = await replayed([fileOf('ordered.ndjson', story)])
    const time = (line: string) => Date.parse((JSON.parse(line) as { time: string }).time)
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        // Each event is delayed by less than the bound of 5 s, then they are read in the order of arrival.
        const arrival = story.map((line, i) => [time(line) + ((Math.imul(seed ^ i, 2654435761) >>> 0) % 4900), line] as const).sort((a, b) => a[0] - b[0])
        const shuffled = await replayed([
          fileOf(
            'shuffled.ndjson',
            arrival.map(([, line]) => line),
          ),
        ])
        expect([shuffled.late, shuffled.digest]).toEqual([0, reference.digest])
      }),
      { numRuns: 3 },
    )
  })

  test('leaves tables that plain DuckDB opens, alerts whose file hashes to the digest, and dead letters with line and bytes', async () => {
    const out = { alerts: join(folder, 'alerts.ndjson'), db: join(folder, 'out.duckdb'), dead: join(folder, 'dead.ndjson') }
    const result = await replay({ source: await openFiles([fileOf('tables.ndjson', [...story, 'oops'])]), rules, ...out })
    const alerts = readFileSync(out.alerts, 'utf8')
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l) as PublishedAlert)
    expect(digestOf(alerts)).toBe(result.digest)
    expect(JSON.parse(readFileSync(out.dead, 'utf8'))).toMatchObject({
      reason: 'not-json',
      line: story.length + 1,
      bytes: Buffer.from('oops').toString('base64'),
    })
    const instance = await DuckDBInstance.create(out.db, { access_mode: 'READ_ONLY' })
    const connection = await instance.connect()
    const value = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson()[0]
    expect(
      await value(
        'select sum(used + late + duplicate + dead) = count(*) * 0 + (select count(*) from lt.events) + (select count(*) from lt.dead_letters) from lt.progress',
      ),
    ).toEqual([true])
    expect(
      await value(
        'select (select count(distinct id) from lt.alert_revisions) = (select count(*) from lt.alerts), (select count(*) from lt.loan) > 2000, (select count(*) from lt.holding_line) > 40',
      ),
    ).toEqual([true, true, true])
    expect(
      await value(
        `select max(abs(t.total - s.amount)) from lt.exposure_total t join (select institution, obligor, obligor_kind, sum(amount) amount from lt.exposure group by all) s using (institution, obligor, obligor_kind)`,
      ),
    ).toEqual(['0.00'])
    expect(await value(`select count(*) from lt.exposure e left join lt.path p using (path_id) where p.path_id is null`)).toEqual(['0'])
    connection.closeSync()
    instance.closeSync()
  })

  test('says what is wrong with a file or a rule that is not there', async () => {
    await expect(openFiles(['/nowhere.ndjson'])).rejects.toMatchObject({ code: 'LT-1001' })
    expect(() => selectRules(rules, ['CR-99'], [])).toThrow('there is no rule CR-99')
    expect(() => selectRules(rules, ['credit/unknown-client'], ['CR-05.limit=2'])).toThrow('not a ratio from 0 to 1')
  })
})

const SAMPLE = join(process.env['LOOKTHROUGH_SAMPLES'] ?? '../shared/data', 'amlsim/20K_fanin200cycle200.tgz')
describe.skipIf(!existsSync(SAMPLE))('the published AMLSim sample', () => {
  test('120,558 payments raise alerts on 114 distinct accounts, the same digest on every run', { timeout: 180_000 }, async () => {
    const lines: string[] = []
    const report = await importFile('amlsim', SAMPLE, (line) => void lines.push(line.trimEnd()))
    expect([report.read, lines.length, report.skipped.size]).toEqual([120_558, 120_558, 0])
    const file = fileOf('amlsim.ndjson', lines)
    const runs = [await replayed([file]), await replayed([file], 4321)]
    expect(runs.map((r) => new Set(r.revisions.filter((a) => a.rule.code === 'OP-08').map((a) => a.subject.id)).size)).toEqual([114, 114])
    expect(runs[0]?.digest).toBe(runs[1]?.digest)
  })
})
