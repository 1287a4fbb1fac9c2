import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { PublishedAlert } from '../../contract/index.ts'
import type { AlertStream } from '../feed/log.ts'
import { type FileLog, fileLog } from '../testing/file-log.ts'
import { alertOf, USERS } from '../testing/world.ts'
import { openRecords, type Records } from './records.ts'
import { forgetBefore } from './retention.ts'

const folders: string[] = []
const opened: Records[] = []
afterEach(async () => {
  for (const records of opened.splice(0)) await close(records)
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-store-'))
  folders.push(folder)
  return folder
}

async function open(folder: string, log: FileLog, notices: string[] = []): Promise<Records> {
  const onNotice = (notice: { code: string }) => void notices.push(notice.code)
  const onFailure = (error: unknown) => void notices.push(String(error))
  const records = await openRecords({ file: join(folder, 'desk.duckdb'), log, onNotice, onFailure })
  opened.push(records)
  return records
}

async function follow(records: Records, upTo: number, stream = 'all'): Promise<void> {
  await records.follow()
  await expect.poll(() => records.alerts.stream(stream).seq, { timeout: 30_000 }).toBe(upTo)
}

async function close(records: Records): Promise<void> {
  await records.stop()
  await records.close()
}

const names = (alerts: readonly PublishedAlert[]) => alerts.map((a) => `${Number.parseInt(a.id.slice(2), 16)}/${a.revision}`)
const BANK = 'institution/B0001'

describe('the desk’s file', () => {
  test('has all streams as they were, numbers go on, and the log is read from where it was left', async () => {
    const folder = newFolder()
    const log = fileLog(folder)
    log.push(...Array.from({ length: 1200 }, (_, n) => alertOf(n % 600, { revision: 1 + Math.floor(n / 600), institution: n % 2 === 0 ? 'B0001' : 'B0002' })))
    const before = await open(folder, log)
    await follow(before, 1200)
    expect(log.begunAt).toEqual({})
    await close(before)
    const after = await open(folder, log)
    expect([after.alerts.epoch, after.alerts.key]).toEqual([before.alerts.epoch, before.alerts.key])
    expect(after.alerts.stream('all').latest()).toEqual(before.alerts.stream('all').latest())
    log.push(alertOf(0, { revision: 3 }), alertOf(0, { revision: 3 }))
    await follow(after, 1201)
    expect(log.begunAt).toEqual({ 'alerts/0': 1200 })
    const bank = after.alerts.stream(BANK)
    expect(bank.seq).toBe(601)
    // Older than what is held in memory after a start.
    expect(bank.after(10, 5)).toBeUndefined()
    expect((await bank.read(10, 5))?.map((e) => e.seq)).toEqual([11, 12, 13, 14, 15])
    expect(names((await bank.read(10, 5))?.map((e) => e.alert) ?? [])).toEqual(['20/1', '22/1', '24/1', '26/1', '28/1'])
    expect(await bank.read(602, 5)).toBeUndefined()
    expect(names(await bank.revisions(alertOf(0).id))).toEqual(['0/1', '0/2', '0/3'])
    expect(await bank.revisions(alertOf(1).id)).toEqual([])
    expect(await Promise.all([0, Date.now() + 1].map((at) => bank.seqBefore(at)))).toEqual([0, 601])
  })

  test('what is no longer disclosed to a bank is gone there, over a restart too', async () => {
    const folder = newFolder()
    const log = fileLog(folder)
    log.push(alertOf(1), alertOf(2), alertOf(1, { revision: 2, disclosure: 'supervisor' }))
    const before = await open(folder, log)
    await follow(before, 3)
    expect(names(before.alerts.stream(BANK).latest())).toEqual(['2/1'])
    await close(before)
    const after = await open(folder, log)
    expect(names(after.alerts.stream(BANK).latest())).toEqual(['2/1'])
    expect(await after.alerts.stream(BANK).revisions(alertOf(1).id)).toEqual([])
    log.push(alertOf(1, { revision: 3 }))
    await follow(after, 4)
    expect(names(after.alerts.stream(BANK).latest())).toEqual(['2/1', '1/3'])
  })

  test('forgets what is older than it keeps: resolved alerts whole, of others all but the last revision', async () => {
    const folder = newFolder()
    const log = fileLog(folder)
    log.push(alertOf(1), alertOf(2), alertOf(1, { revision: 2 }), alertOf(2, { revision: 2, state: 'resolved' }))
    const records = await open(folder, log)
    await follow(records, 4)
    const later = Date.now() + 1
    await expect.poll(() => Date.now()).toBeGreaterThan(later)
    log.push(alertOf(3))
    const all = records.alerts.stream('all')
    await expect.poll(() => all.seq).toBe(5)
    await forgetBefore(records.store, records.alerts, later)
    const left = async (stream: AlertStream) => {
      expect(names(stream.latest())).toEqual(['3/1', '1/2'])
      expect([stream.holds(3), stream.holds(4), await stream.read(3, 10)]).toEqual([false, true, undefined])
      expect((await stream.read(4, 10))?.map((e) => e.seq)).toEqual([5])
      expect(names(await stream.revisions(alertOf(1).id))).toEqual(['1/2'])
      expect(await stream.revisions(alertOf(2).id)).toEqual([])
    }
    await left(all)
    await close(records)
    await left((await open(folder, log)).alerts.stream('all'))
  })
})

describe('a file that cannot be gone on from', () => {
  const said = { id: 'x', alert: alertOf(1).id, action: 'acknowledge', at: '2026-03-02T01:00:00.000Z', disclosed: true } as const
  const by = { user: 'supervisor', role: 'supervisor', institution: null }

  test('because it is broken is moved aside, said, and built again from the alerts and the action log, under a new epoch', async () => {
    const folder = newFolder()
    const log = fileLog(folder)
    log.push(alertOf(1), alertOf(2), alertOf(3))
    const before = await open(folder, log)
    await follow(before, 3)
    await before.actions.write([{ ...said, by }])
    await before.durables.acknowledge(BANK, 'core', 2, USERS.b1.name)
    await close(before)
    writeFileSync(join(folder, 'desk.duckdb'), 'this is no DuckDB file')
    const notices: string[] = []
    const after = await open(folder, log, notices)
    expect(notices).toEqual(['LT-2412'])
    expect(readdirSync(folder).filter((name) => name.includes('quarantine'))).toEqual(['desk.duckdb.quarantine-1'])
    expect(after.alerts.epoch).not.toBe(before.alerts.epoch)
    await follow(after, 3)
    await expect.poll(() => after.durables.position(BANK, 'core')).toBe(2)
    expect(after.actions.stateOf(alertOf(1), USERS.b1)).toBe('acknowledged')
    expect(await after.actions.receipts(alertOf(2).id)).toMatchObject([{ revision: 1, subscription: 'core', by: { user: 'desk-B0001', institution: 'B0001' } }])
  })

  test('because the log was made anew is moved aside as well', async () => {
    const folder = newFolder()
    const log = fileLog(folder)
    log.push(alertOf(1), alertOf(2))
    const before = await open(folder, log)
    await follow(before, 2)
    await close(before)
    writeFileSync(join(folder, 'alerts-0.ndjson'), `${JSON.stringify(alertOf(9))}\n`)
    const notices: string[] = []
    const after = await open(folder, log, notices)
    await follow(after, 1)
    expect([notices, names(after.alerts.stream('all').latest())]).toEqual([['LT-2412'], ['9/1']])
    expect(after.alerts.epoch).not.toBe(before.alerts.epoch)
  })
})

test('a durable subscription has its place and a receipt per revision it was sent, once, over a restart too', async () => {
  const folder = newFolder()
  const log = fileLog(folder)
  log.push(alertOf(1), alertOf(2, { severity: 'red' }), alertOf(1, { revision: 2 }), alertOf(3, { severity: 'red' }))
  const before = await open(folder, log)
  await follow(before, 4)
  const { durables } = before
  expect(await durables.position(BANK, 'core')).toBeUndefined()
  await Promise.all([durables.acknowledge(BANK, 'core', 3, USERS.b1.name), durables.acknowledge(BANK, 'reds', 4, USERS.b1.name, { severity: 'red' })])
  await durables.acknowledge(BANK, 'core', 2, USERS.b1.name)
  await durables.acknowledge(BANK, 'core', 5, USERS.b1.name)
  await close(before)
  const after = await open(folder, log)
  expect([await after.durables.position(BANK, 'core'), await after.durables.position(BANK, 'reds'), await after.durables.position('all', 'core')]).toEqual([
    3,
    4,
    undefined,
  ])
  const receipts = async (n: number) => (await after.actions.receipts(alertOf(n).id)).map((r) => `${r.subscription} ${r.revision}`)
  expect([await receipts(1), await receipts(2), await receipts(3)]).toEqual([['core 1', 'core 2'], expect.arrayContaining(['core 1', 'reds 1']), ['reds 1']])
})
