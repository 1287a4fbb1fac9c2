/** A log of all streams for measurements: ordinary traffic, and in it the cases of all rules many times over, each time under other names. */
import { EVENT_TYPES, type EventType, formatTime, type Rule, STREAMS } from '../../contract/index.ts'
import { readCases, readRule, ruleFolders } from '../catalogue/rule-files.ts'
import { noise } from '../score/noise.ts'
import { plantsOf, type Sent } from '../score/plants.ts'

const DAY_MS = 86_400_000
const [FIRST_DAY, DAYS, PER_HOUR] = [20_515, 10, 400]

/** Lines in the order of time: `copies` times the cases, about 90 000 events beside them. */
export async function mixedLog(copies: number): Promise<{ rules: Rule[]; lines: Buffer[] }> {
  const all = await Promise.all((await ruleFolders()).map(async (folder) => ({ rule: await readRule(folder), cases: await readCases(folder) })))
  const planted = Array.from({ length: copies }, (_, copy) =>
    all.flatMap(({ rule, cases }, i) => plantsOf(rule, cases, FIRST_DAY + ((i + copy) % (DAYS - 4)), `c${copy}`).flatMap((plant) => plant.events)),
  )
  const [start, end] = [(FIRST_DAY - 1) * DAY_MS, (FIRST_DAY + DAYS) * DAY_MS]
  const sent = [...noise({ seed: 1, start, end, perHour: PER_HOUR }), ...planted.flat(), ...unread(start, end)].sort((a, b) => a.time - b.time)
  return { rules: all.map(({ rule }) => rule), lines: sent.map(({ event }) => Buffer.from(JSON.stringify(event))) }
}

/** How many events there are of each type. */
export function countByType(lines: readonly Buffer[]): Map<EventType, number> {
  const counts = new Map<EventType, number>(EVENT_TYPES.map((type) => [type, 0]))
  for (const line of lines) {
    const { type } = JSON.parse(line.toString()) as { type: EventType }
    if (STREAMS[type] !== undefined) counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  return counts
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
