import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { SmallDisk } from '../../cold/testing/small-disk.ts'
import { fileLog } from '../testing/file-log.ts'
import { alertOf, connect, openDesk, USERS } from '../testing/world.ts'

const disk = SmallDisk.mount(64)
if (disk === undefined) console.log('skipped: the desk on a full disk, because mounting a tmpfs is not permitted here (run as root)')
const TIMES = 2
const BURST = 150

const closers: (() => unknown)[] = []
afterEach(async () => {
  disk?.free()
  for (const close of closers.splice(0).reverse()) await close()
})
afterAll(() => disk?.unmount())

describe.skipIf(disk === undefined)('a desk whose disk is full', () => {
  const file = join(disk?.folder ?? '', 'desk.duckdb')
  const start = async (folder: string) => {
    const log = fileLog(folder)
    const notices: string[] = []
    const store = { file, waitMs: { first: 100, longest: 500 }, onNotice: (notice: { code: string }) => notices.push(notice.code) }
    const desk = await openDesk([], { alerts: log, store, webhooks: { http: true, allow: ['127.0.0.0/8'] } })
    closers.push(desk.close)
    return { ...desk, log, notices }
  }
  const logFolder = () => {
    const folder = mkdtempSync(join(tmpdir(), 'lookthrough-full-'))
    closers.push(() => rmSync(folder, { recursive: true, force: true }))
    return folder
  }
  const auth = { authorization: `Bearer ${USERS.b1.token}`, 'accept-language': 'en' }
  const statusOf = async (url: string) => (await fetch(`${url}/readyz`)).status

  test(`waits, goes on by itself when there is room, ${TIMES} times, and neither loses nor renumbers nor repeats anything`, { timeout: 180_000 }, async () => {
    const [folder, brought] = [logFolder(), await receiver()]
    const { url, log, notices, close } = await start(folder)
    await fetch(`${url}/v1/webhooks`, { method: 'POST', headers: { ...auth, 'content-type': 'application/json' }, body: JSON.stringify({ url: brought.url }) })
    const client = await connect(url, USERS.b1.token)
    client.send({ op: 'subscribe', sid: 's' })
    await client.until(() => client.of('live').length > 0)
    let written = 0
    const burst = () => log.push(...Array.from({ length: BURST }, () => alertOf(++written)))
    burst()
    await client.until(() => client.of('event').length === written, 60_000)
    for (let time = 1; time <= TIMES; time++) {
      disk?.fill()
      burst()
      await expect.poll(() => statusOf(url), { timeout: 60_000 }).toBe(503)
      const read = await fetch(`${url}/v1/alerts/${alertOf(1).id}`, { headers: auth })
      expect([read.status, read.headers.get('retry-after'), ((await read.json()) as { error: { code: string } }).error.code]).toEqual([503, '5', 'LT-2163'])
      burst()
      disk?.free()
      await client.until(() => client.of('event').length === written, 60_000)
      expect(await statusOf(url)).toBe(200)
      expect((await fetch(`${url}/v1/alerts/${alertOf(written).id}`, { headers: auth })).status).toBe(200)
    }
    const numbers = Array.from({ length: written }, (_, n) => n + 1)
    const idsOf = (frames: typeof client.frames) => frames.map((f) => (f['event'] as { id: string }).id)
    const said = idsOf(client.of('event'))
    expect(client.of('event').map(({ seq }) => seq)).toEqual(numbers)
    expect(said).toEqual(numbers.map((n) => `${alertOf(n).id}/1`))
    expect(notices.length).toBeGreaterThanOrEqual(TIMES)
    expect(new Set(notices)).toEqual(new Set(['LT-2406']))
    await expect.poll(() => brought.ids.length, { timeout: 60_000 }).toBe(written)
    expect(brought.ids).toEqual(said)
    const cursor = client.of('event')[BURST]?.cursor
    await close()
    const again = await start(folder)
    const back = await connect(again.url, USERS.b1.token)
    back.send({ op: 'subscribe', sid: 's', from: { cursor } })
    await back.until(() => back.of('live').length > 0, 60_000)
    expect([back.of('subscribed')[0]?.['recovered'], again.notices]).toEqual([true, []])
    expect(idsOf(back.of('event'))).toEqual(said.slice(BURST + 1))
  })

  test('can be stopped meanwhile, and what came is there with the next start', { timeout: 120_000 }, async () => {
    rmSync(file, { force: true })
    rmSync(`${file}.wal`, { force: true })
    const folder = logFolder()
    const { url, log, close } = await start(folder)
    log.push(alertOf(1))
    await expect.poll(() => statusOf(url), { timeout: 60_000 }).toBe(200)
    disk?.fill()
    log.push(...Array.from({ length: BURST }, (_, n) => alertOf(n + 2)))
    await expect.poll(() => statusOf(url), { timeout: 60_000 }).toBe(503)
    await close()
    disk?.free()
    const again = await start(folder)
    const answer = async () => (await (await fetch(`${again.url}/v1/alerts/changes?limit=500&wait=0s`, { headers: auth })).json()) as { items: object[] }
    await expect.poll(async () => (await answer()).items.length, { timeout: 60_000 }).toBe(BURST + 1)
  })
})

/** Takes everything, and remembers under which ids it came. */
async function receiver(): Promise<{ url: string; ids: string[] }> {
  const ids: string[] = []
  const server = createServer((request, response) => {
    ids.push(String(request.headers['webhook-id']))
    request.resume().on('end', () => response.writeHead(204).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ids }
}
