import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EventColumns, Spoken } from '../../contract/stage.ts'
import { TextColumn } from '../../contract/text.ts'
import { tickOf } from '../../contract/tick.ts'
import { LATE, USED } from './arrive.ts'
import { Speakers } from './speakers.ts'

/** `number`: above 2^32 − 20. */
type Said = { source: string; institution: string; number: number; e: number; late: boolean; partition?: number }
const BASE = 2n ** 32n - 20n

function hear(
  speakers: Speakers,
  said: readonly Said[],
  repeated: number[] = [],
  reports: (partition: number, institution: string) => void = () => {},
): Spoken[] {
  const text = (of: (s: Said) => string) => TextColumn.of(said.map(of))
  const columns = {
    type: 'pay.payment',
    count: said.length,
    source: text((s) => s.source),
    institution: text((s) => s.institution),
    sequence: BigInt64Array.from(said, (s) => BASE + BigInt(s.number)),
  } as EventColumns
  const fate = Int32Array.from(said, (s, row) => (repeated.includes(row) ? 0 : s.late ? LATE : USED))
  const none = { partition: Int32Array.from(said, (s) => s.partition ?? 0), offset: new Float64Array(0), number: new Int32Array(0), slot: new Float64Array(0) }
  speakers.hear(columns, { fate, effective: Float64Array.from(said, (s) => s.e), ...none }, repeated, reports)
  return speakers.take()
}

/** Per speaker and tick: numbers, first and last time, counts. */
function told(all: readonly Spoken[]): Record<string, unknown> {
  const by = new Map<string, { numbers: Set<bigint>; first: number; last: number; used: number; late: number }>()
  for (const { speaker, tick, first, last, numbers, used, late } of all) {
    const key = JSON.stringify([speaker.source, speaker.institution, tick])
    const known = by.get(key) ?? { numbers: new Set<bigint>(), first: Infinity, last: -Infinity, used: 0, late: 0 }
    for (let i = 0; i < numbers.length; i += 2) for (let n = numbers[i] as bigint; n <= (numbers[i + 1] as bigint); n++) known.numbers.add(n)
    by.set(key, {
      numbers: known.numbers,
      first: Math.min(known.first, first),
      last: Math.max(known.last, last),
      used: known.used + used,
      late: known.late + late,
    })
  }
  return Object.fromEntries([...by].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, of]) => [key, { ...of, numbers: [...of.numbers].map(String).sort() }]))
}

const said = fc.record({
  source: fc.constantFrom('/a', '/ab', '/b'),
  institution: fc.constantFrom('B', 'bB', ''),
  number: fc.integer({ min: 0, max: 40 }),
  e: fc.integer({ min: 0, max: 3000 }),
  late: fc.boolean(),
})

test('whatever the order and the batches: per speaker and tick the same numbers, times and counts; pairs are in order and apart', () => {
  fc.assert(
    fc.property(fc.array(said, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (all, size) => {
      const speakers = new Speakers()
      const parts: Spoken[] = []
      for (let i = 0; i < all.length; i += size) parts.push(...hear(speakers, all.slice(i, i + size)))
      for (const { numbers } of parts)
        for (let i = 0; i < numbers.length; i++) expect((numbers[i] as bigint) - (numbers[i - 1] ?? -2n)).toBeGreaterThanOrEqual(i % 2 === 0 ? 2n : 0n)
      const single = all.flatMap(({ source, institution, number, e, late }): Spoken[] => {
        const n = BASE + BigInt(number)
        const speaker = { source, type: 'pay.payment' as const, institution }
        return [{ speaker, tick: tickOf(e), first: e, last: e, numbers: BigInt64Array.of(n, n), used: late ? 0 : 1, late: late ? 1 : 0, duplicate: 0, dead: 0 }]
      })
      expect(told(parts)).toEqual(told(single))
    }),
    { numRuns: 200 },
  )
})

test('numbers in a row are one pair, and what came before is counted and has no time', () => {
  const row = (number: number) => ({ source: '/a', institution: 'B', number, e: 10, late: false })
  const spoken = hear(new Speakers(), [row(18), row(19), row(20), row(21), row(21)], [4])
  expect(spoken.map((s) => [s.tick, [...s.numbers].map((n) => n - BASE), s.used, s.duplicate])).toEqual([
    [1000, [18n, 21n], 4, 0],
    [Number.NaN, [], 0, 1],
  ])
})

test('who reports through which partition is told at the first event that comes through it, whatever came between', () => {
  const speakers = new Speakers()
  const row = (institution: string, partition: number) => ({ source: '/a', institution, number: partition, e: 10, late: false, partition })
  const told = new Set<string>()
  const reports = (partition: number, institution: string) => void told.add(`${institution} ${partition}`)
  hear(speakers, [row('B', 0), row('C', 0), row('B', 1), row('D', 2)], [3], reports)
  expect([...told]).toEqual(['B 0', 'C 0', 'B 1'])
  hear(speakers, [row('C', 1), row('D', 2)], [], reports)
  expect([...told]).toEqual(['B 0', 'C 0', 'B 1', 'C 1', 'D 2'])
})
