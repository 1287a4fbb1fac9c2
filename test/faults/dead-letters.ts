/**
 * R19: between good events come messages that cannot be judged, in every form, while the engine is killed again and again, at random moments and right
 * before and after it sends, and once its file is torn as well. The topic of dead letters holds what an unbroken replay refuses, each once, in the bytes sent.
 */
import { existsSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { replay } from '../../pipeline/cold/replay/replay.ts'
import { positionOf } from '../../pipeline/contract/source.ts'
import { ConfirmingProducer, type KafkaOptions, type OutgoingMessage } from '../../pipeline/kafka/client.ts'
import { readTopic } from '../../pipeline/kafka/read-topic.ts'
import { openKafkaSource } from '../../pipeline/kafka/source.ts'
import { errorOf, keptLetters } from '../../pipeline/kafka/testing/letters.ts'
import type { EngineProcess } from './engine-process.ts'
import { type Report, seeded, type Suite, underLoad } from './suite.ts'
import { sleep, some, until } from './verdict.ts'

const NAME = 'dead'
/** Between two messages that cannot be judged, ms. */
const EVERY_MS = 10
/** Most commits until a life ends at a failpoint. */
const COMMITS = 12
const STATE = { snapshotMinutes: 0.05, snapshots: 2 }
/** Each life's end; none: at a random moment. */
const ENDS = [undefined, 'after-commit-before-deliver', 'after-deliver-before-mark'] as const

export const deadLetters: Suite = async (broker, { count = 6, rate = 500, seed = 1, longestMs = 3000 }) => {
  const kafka = { brokers: broker.brokers, prefix: `${NAME}.` }
  const random = seeded(seed)
  const report = await underLoad(
    broker,
    { name: NAME, rate },
    async ({ engine }) => {
      const poison = await Poison.start(kafka)
      let torn = 0
      for (let life = 0; life < count; life++) {
        await live(engine, ENDS[life % ENDS.length], random, longestMs)
        if (life === Math.floor(count / 2)) torn += tear(engine)
      }
      engine.start()
      await sleep(longestMs)
      await poison.stop()
      return {
        figures: { lives: count, 'files torn': torn, 'peak RSS MiB': engine.peakMiB },
        differences: some('lives ended by themselves', engine.runs ? 0 : 1),
      }
    },
    STATE,
  )
  const compared = await compare(kafka)
  return { ...report, figures: { ...report.figures, ...compared.figures }, differences: [...report.differences, ...compared.differences] }
}

async function live(engine: EngineProcess, end: (typeof ENDS)[number], random: () => number, longestMs: number): Promise<void> {
  const said = engine.said.length
  engine.start(end === undefined ? {} : { environment: { LOOKTHROUGH_FAILPOINT: `${end}:${1 + Math.floor(random() * COMMITS)}` } })
  await until(() => !engine.runs || engine.said.includes('running:', said), 120_000, 'the engine does not run')
  if (end === undefined) await sleep(50 + random() * (longestMs - 50))
  else await until(() => !engine.runs, 120_000, `the engine does not come by ${end}`)
  await engine.end('SIGKILL')
}

/** What is left of it is no database: the next life goes on from a snapshot, or from the first event. */
function tear(engine: EngineProcess): number {
  const file = join(engine.folder, 'data', 'state.duckdb')
  if (!existsSync(file)) return 0
  truncateSync(file, Math.floor(statSync(file).size / 2))
  return 1
}

/** The topic of dead letters beside what a replay of the log refuses, and beside the messages themselves. */
async function compare(kafka: KafkaOptions): Promise<Report> {
  const expected: string[] = []
  await replay({
    source: await openKafkaSource({ ...kafka, toEnd: true }),
    rules: [],
    async inspect(db) {
      const rows = await db.rows('SELECT topic, "partition", "offset", event FROM lt.dead_letters')
      for (const [topic, partition, offset, event] of rows)
        expected.push(`${positionOf({ topic: String(topic), partition: Number(partition), offset: Number(offset) })} ${String(event)}`)
    },
  })
  const sent = new Map<string, Buffer>()
  for (const topic of ['pay.payment', 'credit.loan'])
    for await (const m of readTopic(kafka, topic, { follow: false })) sent.set(positionOf({ ...m, topic }), Buffer.from(m.value ?? ''))
  const kept = await keptLetters(kafka)
  const names = kept.map((letter) => `${letter.key} ${errorOf(letter)['event']}`)
  const [there, refused] = [new Set(names), new Set(expected)]
  const missing = expected.filter((name) => !there.has(name))
  // That of a list is what lies between its brackets.
  const changed = kept.filter(({ key, value }) => sent.get(key)?.includes(value) !== true)
  return {
    figures: { 'dead letters compared': kept.length },
    differences: [
      ...some('dead letters: there is nothing to compare', kept.length === 0 ? 1 : 0),
      ...some('dead letters came more than once', names.length - there.size),
      ...some(`dead letters are missing, such as ${missing[0]}`, missing.length),
      ...some('dead letters were never refused', names.filter((name) => !refused.has(name)).length),
      ...some(`dead letters do not have the bytes that were sent, such as ${changed[0]?.key}`, changed.length),
    ],
  }
}

class Poison {
  readonly #producer: ConfirmingProducer
  readonly #prefix: string
  readonly #running: Promise<void>
  #stopping = false

  private constructor({ prefix = '' }: KafkaOptions, producer: ConfirmingProducer) {
    this.#prefix = prefix
    this.#producer = producer
    this.#running = this.#run()
    this.#running.catch(() => undefined)
  }

  static async start(kafka: KafkaOptions): Promise<Poison> {
    return new Poison(kafka, await ConfirmingProducer.connect(kafka))
  }

  /** Throws what the producer threw. */
  async stop(): Promise<void> {
    this.#stopping = true
    try {
      await this.#running
    } finally {
      await this.#producer.close()
    }
  }

  async #run(): Promise<void> {
    for (let n = 0; !this.#stopping; n++) {
      const { topic, ...message } = poisoned(n)
      await this.#producer.send([{ ...message, topic: `${this.#prefix}${topic}` }])
      await sleep(EVERY_MS)
    }
  }
}

function poisoned(n: number): OutgoingMessage {
  const id = `poison-${n}`
  const attributes = { specversion: '1.0', id, source: '/poison', type: 'credit.loan', time: new Date().toISOString(), institution: 'B0002' }
  const data = { loanId: id, customerId: 'C', product: 'corporate', balance: '1.00', ccy: 'CNY', dpd: 0, class: 'excellent' }
  const event = JSON.stringify({ ...attributes, subject: id, sequence: String(n + 1), data })
  const of = (topic: string, value: string, headers: Record<string, string> = {}) => ({ topic, key: id, value: Buffer.from(value), headers })
  switch (n % 5) {
    case 0:
      return of('pay.payment', event.slice(0, 40))
    case 1:
      return of('credit.loan', event)
    case 2:
      return of('credit.loan', `[ ${event}\n]`, { 'content-type': 'application/cloudevents-batch+json' })
    case 3:
      return of('credit.loan', JSON.stringify(data), Object.fromEntries(Object.entries(attributes).map(([name, text]) => [`ce_${name}`, text])))
    default:
      return of('pay.payment', `ARROW${n}`, { 'content-type': 'application/vnd.apache.arrow.stream' })
  }
}
