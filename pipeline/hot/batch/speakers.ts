/** What each speaker said in a batch, tick by tick: numbers in a row are one pair, so that a stream in order is one number compared per event. */
import type { EventColumns, Speaker, Spoken } from '../../contract/stage.ts'
import { joined, run, RunList } from '../../contract/runs.ts'
import { fnv, type TextColumn } from '../../contract/text.ts'
import { TICK_MS, tickOf } from '../../contract/tick.ts'
import { LATE, type Refused, type StreamArrivals } from './arrive.ts'

/**
 * What was said in one tick, while its batch is read. Of the run that goes on, the 32-bit halves of its first number and its last, NaN before any; `before`:
 * the runs before it, of which there are none where numbers follow each other. `rising`: each run lies above
 * the one before it, and apart.
 */
type Saying = Omit<Spoken, 'numbers'> & { fromLow: number; fromHigh: number; low: number; high: number; before: RunList | undefined; rising: boolean }
/** `names`: source and institution, one after the other; `partition`: the last one it came through; `next`: another with the same hash. */
type Known = {
  speaker: Speaker
  names: Uint8Array
  split: number
  partition: number
  current: Saying | undefined
  sayings: Map<number, Saying>
  next: Known | undefined
}
type OfType = Map<number, Known>
/** Told who reports through which partition: whenever it is another than the last one. */
type Reports = (partition: number, institution: string) => void

export class Speakers {
  /** By type and the hash of source and institution. */
  readonly #known = new Map<string, OfType>()
  #heard = new Set<Known>()

  /** Takes in one stream of a batch. */
  hear(columns: EventColumns, { fate, effective, partition }: StreamArrivals, repeated: readonly number[], reports: Reports): void {
    const halves = new Int32Array(columns.sequence.buffer, columns.sequence.byteOffset, columns.count * 2)
    const ofType = this.#ofType(columns)
    for (let row = 0; row < columns.count; row++) {
      if (fate[row] === 0) continue
      const known = speakerOf(ofType, columns, row)
      if (known.partition !== partition[row]) reports((known.partition = partition[row] as number), known.speaker.institution)
      const e = effective[row] as number
      const low = halves[row * 2] as number
      const high = halves[row * 2 + 1] as number
      let saying = known.current
      if (saying === undefined || e > saying.tick || e <= saying.tick - TICK_MS) saying = this.#at(known, tickOf(e))
      if (low !== saying.low + 1 || high !== saying.high) begin(saying, low, high)
      saying.low = low
      saying.high = high
      if (e < saying.first) saying.first = e
      if (e > saying.last) saying.last = e
      if (fate[row] === LATE) saying.late++
      else saying.used++
    }
    for (const row of repeated) this.#at(speakerOf(ofType, columns, row), Number.NaN).duplicate++
  }

  /** Takes in what was refused, where it names one who has spoken. */
  refused(dead: readonly Refused[]): void {
    for (const { source, type, institution } of dead) {
      if (source === undefined || type === undefined || institution === undefined) continue
      const [sources, institutions] = [Buffer.from(source), Buffer.from(institution)]
      const names = Buffer.concat([sources, institutions])
      let known = this.#known.get(type)?.get(fnv(names, 0, names.length))
      while (known !== undefined && !(known.split === sources.length && names.equals(known.names))) known = known.next
      if (known !== undefined) this.#at(known, Number.NaN).dead++
    }
  }

  /** All of the batch; the next one begins. */
  take(): Spoken[] {
    const spoken: Spoken[] = []
    for (const known of this.#heard) {
      for (const saying of known.sayings.values()) {
        const { speaker, tick, first, last, used, late, duplicate, dead } = saying
        spoken.push({ speaker, tick, first, last, numbers: numbersOf(saying), used, late, duplicate, dead })
      }
      known.sayings.clear()
      known.current = undefined
    }
    this.#heard = new Set()
    return spoken
  }

  #ofType({ type }: EventColumns): OfType {
    let ofType = this.#known.get(type)
    if (ofType === undefined) this.#known.set(type, (ofType = new Map()))
    return ofType
  }

  #at(known: Known, tick: number): Saying {
    this.#heard.add(known)
    let saying = known.sayings.get(tick)
    if (saying === undefined) {
      const { speaker } = known
      saying = { speaker, tick, first: Infinity, last: -Infinity, used: 0, late: 0, duplicate: 0, dead: 0, ...NO_RUN }
      known.sayings.set(tick, saying)
    }
    if (!Number.isNaN(tick)) known.current = saying
    return saying
  }
}

/** Who says this row; one who has not spoken before is known from now on. */
function speakerOf(ofType: OfType, columns: EventColumns, row: number): Known {
  const { type, source, institution } = columns
  const hash = fnv(institution.bytes, institution.start(row), institution.end(row), fnv(source.bytes, source.start(row), source.end(row)))
  const first = ofType.get(hash)
  for (let known = first; known !== undefined; known = known.next) if (isNamed(known, columns, row)) return known
  const names = Buffer.concat([bytesOf(source, row), bytesOf(institution, row)])
  const speaker = { source: source.at(row) ?? '', type, institution: institution.at(row) ?? '' }
  const known = {
    speaker,
    names,
    split: source.end(row) - source.start(row),
    partition: -1,
    current: undefined,
    sayings: new Map<number, Saying>(),
    next: first,
  }
  ofType.set(hash, known)
  return known
}

const NO_RUN = { fromLow: Number.NaN, fromHigh: Number.NaN, low: Number.NaN, high: Number.NaN, before: undefined, rising: true }

/** The run that went on is over, and another begins. */
function begin(saying: Saying, low: number, high: number): void {
  if (!Number.isNaN(saying.low)) {
    saying.rising &&= (high - saying.high) * 2 ** 32 + ((low >>> 0) - (saying.low >>> 0)) > 1
    ;(saying.before ??= new RunList()).push(saying.fromLow, saying.fromHigh, saying.low, saying.high)
  }
  saying.fromLow = low
  saying.fromHigh = high
}

/** In order and apart. */
function numbersOf({ fromLow, fromHigh, low, high, before, rising }: Saying): BigInt64Array {
  if (Number.isNaN(low)) return new BigInt64Array(0)
  if (before === undefined) return run(fromLow, fromHigh, low, high)
  before.push(fromLow, fromHigh, low, high)
  return rising ? before.runs() : joined([before.runs()])
}

function isNamed({ names, split }: Known, { source, institution }: EventColumns, row: number): boolean {
  const [s, i] = [source.start(row), institution.start(row)]
  if (source.end(row) - s !== split || institution.end(row) - i !== names.length - split) return false
  return isSame(names, 0, split, source.bytes, s) && isSame(names, split, names.length, institution.bytes, i)
}

function isSame(names: Uint8Array, from: number, to: number, bytes: Uint8Array, start: number): boolean {
  // Names that differ mostly differ at their end.
  for (let k = to - 1; k >= from; k--) if (names[k] !== bytes[start + k - from]) return false
  return true
}

function bytesOf(column: TextColumn, row: number): Uint8Array {
  return column.bytes.subarray(column.start(row), column.end(row))
}
