/**
 * Decoding alone, no rules: payments from bytes to columns, as single messages, in lists of 100, and as an Arrow stream of 10,000 rows, beside what a program
 * without us would do: `JSON.parse` of each message, and every row of apache-arrow's table as an object. All in one run, in turns. Columns that nobody reads
 * any more are handed back, as in the flow. Times are the processor's, of all threads of the process: what else runs on the machine counts less.
 *
 *     node dist/loadtest/bench/decode.js [--events 100000] [--rounds 7]
 */
import { parseArgs } from 'node:util'
import { tableFromIPC } from 'apache-arrow'
import { processorMs, spread } from '../../pipeline/cold/telemetry/timing.ts'
import { WIRE_FORMS } from '../../pipeline/contract/source.ts'
import type { EventColumns } from '../../pipeline/contract/stage.ts'
import { decoder } from '../../pipeline/hot/accept/decode.ts'
import { messagesOf, rawOf, type WireMessage } from '../../test/wire/forms.ts'
import type { WireEvent } from '../../test/wire/events.ts'
import { payment } from './payments.ts'

const { values } = parseArgs({ options: { events: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '7' } } })
const [count, rounds] = [Number(values.events), Number(values.rounds)]
const ARROW = { text: 'dictionary', money: 'int64', time: 'ms', day: 'date' } as const
const SIZES = { event: 1, batch: 100, arrow: 10_000, binary: 1 }

const payments = Array.from({ length: count }, (_, i) => payment(i))
const forms = WIRE_FORMS.filter((form) => form !== 'binary').map((form) => ({
  form,
  messages: messagesOf(payments, [{ size: SIZES[form], form, arrow: ARROW }]),
}))
const ways = forms.flatMap(({ form, messages }) => [
  { name: `${form}, ours`, run: ours(messages) },
  { name: `${form}, ${form === 'arrow' ? 'rows of tableFromIPC' : 'JSON.parse'}`, run: form === 'arrow' ? arrowRows(messages) : parsed(messages) },
])
const taken = ways.map((): number[] => [])
for (let round = -1; round < rounds; round++)
  ways.forEach(({ run }, k) => {
    const before = processorMs()
    const events = run()
    const busy = processorMs() - before
    if (events !== count) throw new Error(`${ways[k]?.name}: ${events} events of ${count}`)
    // The first round warms up.
    if (round >= 0) taken[k]?.push((busy * 1e6) / count)
  })
ways.forEach(({ name }, k) => console.log(`${name}: ${summary(taken[k] ?? [])} ns per event`))
forms.forEach(({ form }, k) => {
  const [own, other] = [taken[2 * k] ?? [], taken[2 * k + 1] ?? []]
  console.log(`${form}: ${summary(own.map((ns, i) => (other[i] ?? 0) / ns))} times as fast, pair by pair`)
})

function ours(messages: readonly WireMessage[]): () => number {
  const raw = rawOf(messages)
  const decode = decoder({ keepJson: false })
  let spent: EventColumns[] = []
  return () => {
    spent = decode(raw, spent).streams
    return spent.reduce((sum, s) => sum + s.count, 0)
  }
}

function parsed(messages: readonly WireMessage[]): () => number {
  return () => messages.reduce((sum, { bytes }) => sum + [JSON.parse(bytes.toString()) as WireEvent | WireEvent[]].flat().length, 0)
}

function arrowRows(messages: readonly WireMessage[]): () => number {
  return () => {
    let rows = 0
    for (const { bytes } of messages) for (const row of tableFromIPC(bytes)) if (row.toJSON()['id'] !== undefined) rows++
    return rows
  }
}

function summary(numbers: readonly number[]): string {
  const of = spread(numbers)
  const [low, middle, high] = of.map((n) => n.toFixed(of[0] < 100 ? 2 : 0))
  return `${middle} (${low}–${high})`
}
