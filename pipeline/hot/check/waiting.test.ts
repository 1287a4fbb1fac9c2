import fc from 'fast-check'
import { firstValueFrom, of } from 'rxjs'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadRules } from '../../cold/catalogue/catalogue.ts'
import { dataColumns } from '../../contract/index.ts'
import { batchOf as rawOf } from '../../contract/source.ts'
import type { Batched } from '../../contract/stage.ts'
import { scenarioEvents } from '../../scenario/steps.ts'
import { Database } from '../../store/database.ts'
import { createSchema, STATE_TYPES } from '../../store/schema.ts'
import { decoder } from '../accept/decode.ts'
import { batch, batchOf } from '../batch/batch.ts'
import { Duplicates } from '../batch/duplicates.ts'
import { Heartbeats } from '../batch/heartbeats.ts'
import { Ledger } from '../batch/ledger.ts'
import { Segments } from '../batch/segments.ts'
import { Speakers } from '../batch/speakers.ts'
import { keepArrived } from './arrived.ts'
import { type Question, questionsOf } from './question.ts'
import { readWaiting } from './release.ts'
import { byBytes, type Statement, type StatementSpec } from './statement.ts'
import { Waiting } from './waiting.ts'

const STORY_MS = 6000
const START = Date.UTC(2026, 10, 2, 1)
let each: Question[]
beforeAll(async () => {
  each = questionsOf(await loadRules(), () => true)
})

/** All that a stream says, and what every rule says of it. */
const specOf = (type: StatementSpec['type']): StatementSpec => ({
  type,
  fields: dataColumns(type).map((c) => c.field),
  each: each.filter((rule) => rule.reads === type),
})

/** An engine's first stages over a new file in memory: takes in events, batch by batch. */
async function appending(): Promise<{ db: Database; append: (events: readonly object[]) => Promise<Batched> }> {
  const db = await Database.open(':memory:')
  await createSchema(db)
  const part = {
    db,
    ledger: new Ledger([{ topic: 'log', partition: 0 }]),
    duplicates: await Duplicates.open(db),
    segments: new Segments(db, new Map()),
    heartbeats: new Heartbeats(() => 0),
    speakers: new Speakers(),
    needed: new Map(),
    stateTypes: STATE_TYPES,
    slots: new Map(),
    keepEvents: false,
  }
  const decode = decoder({ keepJson: false })
  let first = 0
  const append = (events: readonly object[]) => {
    const raw = rawOf(
      events.map((e) => Buffer.from(JSON.stringify(e))),
      { first },
    )
    first += events.length
    return firstValueFrom(of(decode(raw)).pipe(batch(part)))
  }
  return { db, append }
}

const plain = ({ verdicts, hashes, hashAt, ...rest }: Statement, spec: StatementSpec) => ({
  ...rest,
  hash: hashes.slice(hashAt, hashAt + 4),
  said: spec.each.map((_, k) => [verdicts.hit(k), verdicts.subject(k), verdicts.of(k)]),
})

describe('statements of state', () => {
  test('are the same from the batch that brings them as from the file', async () => {
    const { db, append } = await appending()
    const { arrived } = await append([...scenarioEvents(7, START, STORY_MS)])
    expect(arrived.size).toBeGreaterThan(3)
    for (const [type, of] of arrived) {
      const spec = specOf(type)
      const fresh = (await keepArrived(db, spec, batchOf(type), of)).take(Infinity)
      const filed = await readWaiting(db, spec, { first: 0, last: 1e9 }, -Infinity, Infinity)
      expect(fresh.map((s) => plain(s, spec))).toEqual(filed.map((s) => plain(s, spec)))
      expect(fresh.length, type).toBeGreaterThan(0)
    }
    db.close()
  })

  test('leave waiting in event order, each once, wherever they wait and however often one starts again', async () => {
    const events = [...scenarioEvents(11, START, STORY_MS)]
    const way = fc.record({
      bound: fc.constantFrom(0, 50_000, 1e9),
      size: fc.constantFrom(20, 150, 5000),
      restarts: fc.boolean(),
      step: fc.constantFrom(1000, 3000),
    })
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(way, async ({ bound, size, restarts, step }) => {
        const { db, append } = await appending()
        const out: string[] = []
        let [waiting, last] = [new Waiting(db, bound), -Infinity]
        await waiting.restore(last)
        const release = async (horizon: number) => {
          for (const { type, statements } of await waiting.release(specOf, last, horizon))
            for (const s of statements) out.push(`${type} ${s.tick} ${s.e} ${s.source} ${s.sequence} ${s.id} ${s.slot}`)
          last = Math.max(last, horizon)
        }
        for (let from = 0; from < events.length; from += size) {
          const { arrived, stateHorizon } = await append(events.slice(from, from + size))
          for (const [type, of] of arrived) await waiting.arrived(specOf(type), batchOf(type), of, last)
          if (stateHorizon >= last + step) await release(stateHorizon)
          if (restarts) await (waiting = new Waiting(db, bound)).restore(last)
        }
        await release(Infinity)
        db.close()
        const ofType = (type: string) => out.filter((line) => line.startsWith(`${type} `))
        seen.add(JSON.stringify(STATE_TYPES.map(ofType)))
        expect(out.length).toBeGreaterThan(50)
      }),
      { numRuns: 8 },
    )
    expect(seen.size).toBe(1)
  }, 300_000)

  test('that are due for a tick that was released already are refused', async () => {
    const { db, append } = await appending()
    const { arrived } = await append([...scenarioEvents(7, START, STORY_MS)])
    const [type, of] = [...arrived][0] ?? expect.fail('nothing came')
    await expect(new Waiting(db).arrived(specOf(type), batchOf(type), of, Date.UTC(2030, 0, 1))).rejects.toThrow(/after tick/)
    db.close()
  })
})

test('texts are in the order of their UTF-8 bytes, not of their UTF-16 units', () => {
  const text = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(text, text, (a, b) => Math.sign(byBytes(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b))),
    {
      examples: [
        ['\u{1f600}', '\uffee'],
        ['a\u{10000}', 'a\ue000'],
        ['B1', 'B10'],
      ],
      numRuns: 2000,
    },
  )
})
