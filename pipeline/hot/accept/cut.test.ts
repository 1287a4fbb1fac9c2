/** A batch of which much is refused goes through in parts: what is refused at one time has a bound, and nothing else is any different. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { payment } from '../../../loadtest/bench/payments.ts'
import { batchOf, memorySource, type RawBatch, WIRE_FORMS } from '../../contract/source.ts'
import type { Decoded } from '../../contract/stage.ts'
import { runEngine } from '../../engine.ts'
import { Database } from '../../store/database.ts'
import { decoder, MOST_REFUSED } from './decode.ts'

const MOST = { letters: 5, bytes: 1 << 20 }

test('the parts of a batch are the batch: messages, events and letters in their order, and its end with the last', () => {
  const events = fc.array(fc.boolean(), { maxLength: 40 }).map((sound) => sound.map((is, i) => (is ? JSON.stringify(payment(i)) : `{"id":${i}}`)))
  const lists = fc.array(
    fc.array(events, { maxLength: 1 }).map(([list = []]) => Buffer.from(`[${list.join()}]`)),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(lists, (messages) => {
      const raw = batchOf(messages, { first: 7, ended: true, form: 'batch' })
      const whole = decoder({ keepJson: true })(raw)
      const parts = partsOf(raw)
      expect(parts.flatMap(told)).toEqual(told(whole))
      expect(parts.flatMap((p) => p.dead)).toEqual(whole.dead)
      expect(parts.map((p) => p.raw.ended)).toEqual(parts.map((_, k) => (k === parts.length - 1 ? [0] : [])))
      for (const {
        dead,
        raw: { offset, count },
        rest,
      } of parts) {
        const before = dead.filter((d) => d.offset < (offset[count - 1] ?? 0)).length
        expect(before).toBeLessThan(MOST.letters)
        if (rest !== undefined) expect(dead.length).toBeGreaterThanOrEqual(MOST.letters)
      }
    }),
  )
})

test('a batch is cut by the bytes refused, too', () => {
  const decode = decoder({ keepJson: false, mostRefused: { letters: 1000, bytes: 300 } })
  const { dead, rest } = decode(batchOf(Array.from({ length: 8 }, () => Buffer.alloc(100, 'x'))))
  expect([dead.length, rest?.count]).toEqual([3, 5])
})

test('a list of more elements than events have room in it is one letter, with all of its bytes', () => {
  const most = (16 << 20) / 128
  const list = (elements: number) => Buffer.from(`[${'1,'.repeat(elements - 1)}1]`)
  const [few, many] = [list(most), list(most + 1)]
  const { dead, message } = decoder({ keepJson: false })(batchOf([few, many], { form: 'batch' }))
  expect([dead.length, message.length]).toEqual([most + 1, most + 1])
  expect(dead.at(-2)).toMatchObject({ offset: 0, reason: 'not-cloudevent' })
  expect(dead.at(-1)).toEqual({ partition: 0, offset: 1, reason: 'too-large', form: 'batch', bytes: many })
})

test('an engine commits a flood of refused events in parts, and one that is stopped between them goes on there', async () => {
  const most = MOST_REFUSED.letters
  const count = Math.ceil((most * 2.5) / 100)
  const lists = Array.from({ length: count }, (_, i) => Buffer.from(`[${JSON.stringify(payment(i))}${',1'.repeat(100)}]`))
  const db = await Database.open(':memory:')
  const out = new Set<string>()
  /** How many are out after each. */
  const commits: number[] = []
  const run = async (from: number) => {
    const [stop, source] = [new AbortController(), memorySource(lists, { from, atOnce: (most * 1.3) / 100 })]
    const ledger = await runEngine({
      db,
      source: { ...source, pull: async (...asked) => asLists(await source.pull(...asked)) },
      rules: [],
      sink: {
        deliver: () => Promise.resolve(),
        deliverDead: async (letters) => letters.forEach((l) => out.add(`${l.offset}/${l.event}`)),
        close: () => Promise.resolve(),
      },
      stop: stop.signal,
      onDelivered() {
        commits.push(out.size)
        if (commits.length === 1) stop.abort()
      },
    })
    return ledger.books[0]
  }
  const half = await run(0)
  expect(half).toMatchObject({ used: most / 100, dead: most, nextOffset: most / 100 })
  expect(await run(half?.nextOffset ?? 0)).toMatchObject({ used: count, late: 0, duplicate: 0, dead: count * 100, nextOffset: count })
  expect(commits).toEqual([1, 2, 2.3, 2.5].map((times) => most * times))
  db.close()
})

function asLists(raw: RawBatch | null): RawBatch | null {
  raw?.form.fill(WIRE_FORMS.indexOf('batch'))
  return raw
}

function partsOf(raw: RawBatch): Decoded[] {
  const decode = decoder({ keepJson: true, mostRefused: MOST })
  const parts: Decoded[] = []
  for (let rest: RawBatch | undefined = raw; rest !== undefined; rest = parts.at(-1)?.rest) parts.push(decode(rest))
  return parts
}

/** Per arrival: the offset of its message, its bytes, and the id it has as a row. */
function told({ raw, streams, message, stream, row, start, end }: Decoded): unknown[] {
  return Array.from(message, (m, a) => [
    raw.offset[m],
    Buffer.from(raw.bytes.subarray(start[a], end[a])).toString(),
    streams[stream[a] as number]?.id.at(row[a] as number),
    streams[stream[a] as number]?.json?.at(row[a] as number),
  ])
}
