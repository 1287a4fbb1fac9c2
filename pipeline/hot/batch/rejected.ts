/**
 * Dead letters as occurrences of `sys.rejected`, for rules over what was refused. Each has its own time where that can be read, else the highest its
 * partition had seen; what came before any event has no time, and no rule sees it.
 */
import { MAX_INSTITUTION_LENGTH, MAX_NAME_LENGTH, nameWithin, OPERATIONS, REJECTED } from '../../contract/index.ts'
import { positionOf } from '../../contract/source.ts'
import type { EventColumns } from '../../contract/stage.ts'
import { TextColumn } from '../../contract/text.ts'
import { LATE, type Refused, type StreamArrivals, USED } from './arrive.ts'
import type { Ledger } from './ledger.ts'

/** Whoever cannot be told from what was sent. */
const UNKNOWN = 'unknown'

/** In order of arrival; undefined: there is none. */
export function rejectedOf(dead: readonly Refused[], ledger: Ledger): { columns: EventColumns; arrivals: StreamArrivals } | undefined {
  const letters = dead.filter((d) => Number.isFinite(d.at))
  const count = letters.length
  if (count === 0) return undefined
  const text = (of: (d: Refused) => string) => TextColumn.of(letters.map(of))
  const topic = (d: Refused) => ledger.at(d.partition).topic
  const place = (d: Refused) => positionOf({ topic: topic(d), partition: ledger.at(d.partition).partition, offset: d.offset })
  const columns: EventColumns = {
    type: REJECTED,
    count,
    id: text((d) => nameWithin(MAX_NAME_LENGTH, d.id) ?? place(d)),
    source: text((d) => nameWithin(MAX_NAME_LENGTH, d.source) ?? topic(d)),
    institution: text((d) => nameWithin(MAX_INSTITUTION_LENGTH, d.institution) ?? UNKNOWN),
    subject: text(place),
    time: Float64Array.from(letters, (d) => d.at),
    recorded: new Float64Array(count).fill(Number.NaN),
    sequence: new BigInt64Array(count),
    op: new Uint8Array(count).fill(OPERATIONS.indexOf('upsert')),
    key: new Uint32Array(count * 4),
    content: new Uint32Array(count * 2),
    json: undefined,
    fields: { letter: { kind: 'text', values: text(place) }, reason: { kind: 'text', values: text((d) => d.reason) } },
  }
  const arrivals: StreamArrivals = {
    fate: Int32Array.from(letters, (d) => (d.at < d.watermark ? LATE : USED)),
    effective: Float64Array.from(letters, (d) => Math.max(d.at, d.watermark)),
    partition: Int32Array.from(letters, (d) => d.partition),
    offset: Float64Array.from(letters, (d) => d.offset),
    number: new Int32Array(count),
    slot: new Float64Array(0),
  }
  return { columns, arrivals }
}
