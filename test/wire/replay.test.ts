import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadRules } from '../../pipeline/cold/catalogue/catalogue.ts'
import { replay } from '../../pipeline/cold/replay/replay.ts'
import { STREAMS } from '../../pipeline/contract/index.ts'
import { openFiles } from '../../pipeline/hot/accept/file-source.ts'
import { DEFAULT_LATENESS_MS } from '../../pipeline/hot/batch/ledger.ts'
import { scenarioEvents } from '../../pipeline/scenario/steps.ts'
import { Database, quote } from '../../pipeline/store/database.ts'
import { arrowStream } from './arrow.ts'
import { anyEvent, type WireEvent } from './events.ts'
import { anyCut, type Cut, messagesOf } from './forms.ts'
import { outcomeOf } from './replay.ts'

const rules = await loadRules()

/** When an event is known (contract §2); an Arrow message holds one type, so neighbours may change places, within the bound of lateness. */
const orderTime = ({ type, op, time, recordedtime }: WireEvent) => Date.parse((STREAMS[type].state || op === 'correct' ? recordedtime : undefined) ?? time)

/** Some seconds of the scenario, events of all types drawn besides, some that cannot be judged, some twice. */
const story = (() => {
  const scenario = [...scenarioEvents(5, Date.UTC(2026, 2, 2, 1), 10_000)] as unknown as WireEvent[]
  const drawn = fc.sample(anyEvent(), { numRuns: 300, seed: 7 })
  // A dead letter is late by its own time, whatever it says of when it was recorded.
  const wrong = drawn.slice(0, 40).map((e, i): WireEvent => {
    const { recordedtime: _, ...rest } = e
    return { ...rest, time: new Date(orderTime(e)).toISOString(), id: `wrong${i}`, ...(i % 2 === 0 ? { institution: '' } : { sequence: '-1' }) }
  })
  return [...scenario, ...drawn, ...wrong, ...drawn.slice(0, 25)].sort((a, b) => orderTime(a) - orderTime(b))
})()
/** Times of the scenario have milliseconds, which whole seconds cannot say. */
const toTheMillisecond = (cut: Cut): Cut => ({ ...cut, arrow: { ...cut.arrow, time: cut.arrow.time === 's' ? 'us' : cut.arrow.time } })

const json = messagesOf(story, [{ size: 1, form: 'event', arrow: { text: 'plain', money: 'int64', time: 'ms', day: 'text' } }])
const expected = await outcomeOf(json, [5000], rules)

test('the story raises alerts, and has events of every fate', () => {
  expect(expected.revisions).toBeGreaterThan(5)
  expect(expected.problems).toEqual([])
  expect(expected.counts).toMatchObject({ late: 0, duplicate: 25, dead: 40 })
})

test('any form per message, any split into batches: the same digest and the same tables, and at every commit all that came in is accounted for', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyCut(200).map(toTheMillisecond), { minLength: 4, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 }),
      async (cuts, batches) => {
        const messages = messagesOf(story, cuts, (first, other) => orderTime(other) - orderTime(first) < DEFAULT_LATENESS_MS)
        expect(
          await outcomeOf(
            messages,
            batches.map((n) => n + Math.ceil(messages.length / 12)),
            rules,
          ),
        ).toEqual(expected)
      },
    ),
    { numRuns: 2, endOnFailure: true },
  )
})

test('NDJSON, Parquet and Arrow files of the same events: the same digest, counts and positions of dead letters', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lookthrough-tables-'))
  const [wrong, events] = [story.filter((e) => e.institution === ''), story.filter((e) => e.type === 'pay.payment')]
  const all = [
    ...events,
    ...wrong.filter((e) => e.type === 'pay.payment'),
    { ...(events[0] as WireEvent), id: 'odd', data: { ...events[0]?.data, channel: 'pigeon' } },
  ]
  const ndjson = join(folder, 'events.ndjson')
  writeFileSync(ndjson, all.map((e) => `${JSON.stringify(e)}\n`).join(''))
  const arrow = join(folder, 'events.arrow')
  writeFileSync(arrow, arrowStream(all, { text: 'dictionary', money: 'decimal', time: 'us', day: 'date' }, 1000))
  const parquet = join(folder, 'events.parquet')
  const db = await Database.open(':memory:')
  await db.run(`SET preserve_insertion_order = true; COPY (SELECT * REPLACE (amount::DECIMAL(18,2) AS amount, time::TIMESTAMP AS time) FROM (SELECT e.* EXCLUDE (data), unnest(e.data)
    FROM read_ndjson(${quote(ndjson)}, sample_size = -1) e)) TO ${quote(parquet)} (FORMAT parquet)`)
  db.close()
  const outcomes = []
  for (const file of [ndjson, parquet, arrow]) {
    let dead: unknown
    const result = await replay({
      source: await openFiles([file]),
      rules,
      maxEvents: 1700,
      inspect: async (tables) => {
        dead = (await tables.rows('SELECT "offset", reason, pointer, id FROM lt.dead_letters ORDER BY 1')).map(String)
      },
    })
    const { read, used, late, duplicate, digest } = result
    outcomes.push({ read, used, late, duplicate, digest, dead })
  }
  expect(outcomes[0]?.read).toBe(all.length)
  expect(outcomes[1]).toEqual(outcomes[0])
  expect(outcomes[2]).toEqual(outcomes[0])
})
