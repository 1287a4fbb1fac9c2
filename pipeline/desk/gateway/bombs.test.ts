/** Small bodies that would become large ones, against a desk that listens. */
import { createGzip } from 'node:zlib'
import { Dictionary, Field, Int32, makeData, RecordBatch, RecordBatchStreamWriter, Schema, Struct, Utf8, vectorFromArray } from 'apache-arrow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Desk, startDesk } from '../desk.ts'
import { openLog, USERS } from '../testing/world.ts'
import { LIMITS } from './limits.ts'

const MIB = 1 << 20
let desk: Desk
beforeAll(async () => {
  desk = await startDesk({ port: 0, users: Object.values(USERS), alerts: openLog().alerts, publish: () => Promise.resolve(), rules: { list: () => [] } })
})
afterAll(() => desk.close())

async function zeros(bytes: number, level = 6): Promise<Buffer> {
  const gzip = createGzip({ level })
  const packed = gzip.toArray() as Promise<Buffer[]>
  for (let sent = 0; sent < bytes; sent += MIB) if (!gzip.write(Buffer.alloc(MIB))) await new Promise((resolve) => gzip.once('drain', resolve))
  gzip.end()
  return Buffer.concat(await packed)
}

const post = async (body: Buffer, headers: Record<string, string>) => {
  const all = { authorization: `Bearer ${USERS.b1.token}`, ...headers }
  const response = await fetch(`${desk.url}/v1/events`, { method: 'POST', headers: all, body: new Uint8Array(body) })
  return { status: response.status, body: (await response.json()) as { error: { code: string; detail: { events?: { reason: string }[] } } } }
}

/** The most by which resident memory grew while `act` ran, MiB. */
async function growth(act: () => Promise<void>): Promise<number> {
  const before = process.memoryUsage().rss
  let most = before
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 2)
  await act()
  clearInterval(timer)
  return (Math.max(most, process.memoryUsage().rss) - before) / MIB
}

test('a gigabyte of zeros in a megabyte of gzip is unpacked no further than the bound', async () => {
  const bomb = await zeros(1024 * MIB)
  expect(bomb.length).toBeLessThan(2 * MIB)
  const headers = { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' }
  await post(bomb, headers)
  const grown = await growth(async () => {
    for (let n = 0; n < 5; n++) {
      const { status, body } = await post(bomb, headers)
      expect([status, body.error.code]).toEqual([413, 'LT-2115'])
    }
  })
  console.log(`RSS grew by at most ${grown.toFixed(0)} MiB over five bombs of 1 GiB`)
  expect(grown).toBeLessThan(128)
  const many = await growth(async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(bomb, headers)))
    expect(answers.filter(({ status }) => status !== 413 && status !== 429)).toEqual([])
  })
  console.log(`RSS grew by at most ${many.toFixed(0)} MiB over twenty at once`)
  expect(many).toBeLessThan(LIMITS.heldBytes / MIB + 256)
})

test('packed bytes are read no further than their bound, whatever is in them', async () => {
  const unpressed = await zeros(LIMITS.packedBytes + MIB, 0)
  expect((await post(unpressed, { 'content-type': 'application/json', 'content-encoding': 'gzip' })).status).toBe(413)
})

test('a text that an Arrow dictionary holds once and a row names a thousand times is not written out', async () => {
  const type = new Dictionary(new Utf8(), new Int32(), 7)
  const dictionary = vectorFromArray(['x'.repeat(MIB / 2)], new Utf8())
  const column = () => makeData({ type, length: 20, data: new Int32Array(20), dictionary })
  const schema = new Schema(Array.from({ length: 1000 }, (_, k) => new Field(`c${k}`, type, true)))
  const writer = new RecordBatchStreamWriter()
  writer.write(new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: 20, children: schema.fields.map(column) })))
  writer.finish()
  const bomb = Buffer.from(writer.toUint8Array(true))
  expect(bomb.length).toBeLessThan(2 * MIB)
  const grown = await growth(async () => {
    expect((await post(bomb, { 'content-type': 'application/vnd.apache.arrow.stream' })).status).toBe(413)
  })
  expect(grown).toBeLessThan(128)
})
