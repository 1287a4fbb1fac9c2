import { expect, test } from 'vitest'
import { readRules } from '../catalogue/rule-files.ts'
import { noise } from './noise.ts'
import { plantsOf } from './plants.ts'

const DAY_MS = 86_400_000

test('every rule has two violations and two near misses to plant, none of which shares a name with another', async () => {
  for (const { rule, cases } of await readRules()) {
    const plants = plantsOf(rule, cases, 20_515)
    expect(plants.map((p) => p.expected.length > 0)).toEqual([true, true, false, false])
    expect(new Set(plants.map((p) => p.mark)).size).toBe(4)
    for (const plant of plants)
      for (const { event } of plant.events)
        expect([event['id'], event['source'], event['institution']].every((text) => String(text).includes(plant.mark))).toBe(true)
  }
})

test('a planted case keeps its times of day and lies on its day', async () => {
  const fanIn = (await readRules()).find(({ rule }) => rule.code === 'OP-08')
  if (fanIn === undefined) throw new Error('OP-08 is gone')
  const [first] = plantsOf(fanIn.rule, fanIn.cases, 20_515)
  expect(first?.from).toBe(20_515 * DAY_MS + 3_600_000)
  expect(first?.events.map(({ event }) => (event['data'] as { creditorAccount: string }).creditorAccount)).toEqual(Array.from({ length: 8 }, () => 'OP08a-A0'))
  expect(first?.expected).toEqual(['OP08a-A0'])
})

test('ordinary traffic is numbered without a gap within each stream', () => {
  const last = new Map<string, number>()
  const sent = [...noise({ seed: 1, start: 20_515 * DAY_MS, end: 20_516 * DAY_MS, perHour: 20, restatedMs: 3_600_000 })]
  for (const { event } of sent) {
    const stream = `${String(event['source'])}|${String(event['type'])}`
    expect(Number(event['sequence'])).toBe((last.get(stream) ?? 0) + 1)
    last.set(stream, Number(event['sequence']))
  }
  expect(sent.length).toBeGreaterThan(5000)
})
