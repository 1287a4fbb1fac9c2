/** A log of all streams for measurements: ordinary traffic, and in it the cases of all rules many times over, each time under other names. */
import { formatTime, type Rule } from '../../contract/index.ts'
import { readRules } from '../catalogue/rule-files.ts'
import { EVENTS_A_SECOND } from '../../scenario/traffic.ts'
import { noise } from '../score/noise.ts'
import { plantsOf, type Sent } from '../score/plants.ts'

const [MINUTE_MS, DAY_MS] = [60_000, 86_400_000]
const [FIRST_DAY, DAYS] = [20_515, 10]

/**
 * Lines in the order of time, of so many types: `copies` times the cases, about 95 000 events beside them. Traffic comes at the pace of the demonstration, a
 * minute of it a day: as thin as the days are long, each event would be alone in its second, which no log of a supervisor is.
 */
export async function mixedLog(copies: number): Promise<{ rules: Rule[]; lines: Buffer[]; types: number }> {
  const all = await readRules()
  const planted = Array.from({ length: copies }, (_, copy) =>
    all.flatMap(({ rule, cases }, i) => plantsOf(rule, cases, FIRST_DAY + ((i + copy) % (DAYS - 4)), `c${copy}`).flatMap((plant) => plant.events)),
  )
  const [start, end] = [FIRST_DAY * DAY_MS, (FIRST_DAY + DAYS) * DAY_MS]
  const sent = [...overDays(start), ...planted.flat(), ...unread(start, end)].sort((a, b) => a.time - b.time)
  const types = new Set(sent.map(({ event }) => event['type'])).size
  return { rules: all.map(({ rule }) => rule), types, lines: sent.map(({ event }) => Buffer.from(JSON.stringify(event))) }
}

/** Ten minutes of traffic, each on a day of its own. */
function* overDays(start: number): Generator<Sent> {
  const length = DAYS * MINUTE_MS
  for (const { time, event } of noise({ seed: 1, start, end: start + length, perHour: EVENTS_A_SECOND * 3600 })) {
    const minute = Math.max(0, Math.floor((time - start) / MINUTE_MS))
    const at = time + minute * (DAY_MS - MINUTE_MS)
    yield { time: at, event: { ...event, time: formatTime(at) } }
  }
}

/** Of the streams that no rule reads an event every quarter of an hour: heartbeats and policies. */
function* unread(start: number, end: number): Generator<Sent> {
  let n = 0
  for (let time = start; time < end; time += 900_000) {
    n++
    const stated = { specversion: '1.0', institution: 'I0009', time: formatTime(time), sequence: String(n) }
    yield {
      time,
      event: { ...stated, id: `beat-${n}`, source: '/institutions/I0009/beat', type: 'sys.heartbeat', subject: 'I0009', data: { until: formatTime(time) } },
    }
    const policy = { policyId: `POL-${n}`, event: 'claim', productId: 'LIFE-1', amount: '1000.00' }
    yield { time, event: { ...stated, id: `policy-${n}`, source: '/institutions/I0009/policies', type: 'ins.policy', subject: `POL-${n}`, data: policy } }
  }
}
