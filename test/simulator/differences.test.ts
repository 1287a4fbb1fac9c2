import { expect, test } from 'vitest'
import { judge } from '../reference/reference.ts'
import { RULES } from '../reference/rules.ts'
import { differences } from './differences.ts'
import { placed, worldOf } from './world.ts'

const world = worldOf(7, { events: 300, corrections: true })
const layout = { kind: 'files', partitions: 4 } as const
const { alerts, counts } = judge(placed(world, layout).log, RULES)

test('every rule of the pack finds something, and says all its ends', () => {
  const found = Array.from({ length: 3 }, (_, seed) => judge(placed(worldOf(seed, { events: 1000, corrections: true }), layout).log, RULES).alerts).flat()
  expect(RULES.map((t) => t.rule.code).filter((code) => !found.some((a) => a.rule.code === code))).toEqual([])
  expect(new Set(found.map((a) => a.state))).toEqual(new Set(['new', 'resolved']))
})

test('a lost alert, a changed value and a miscounted message are each said', () => {
  const [first, ...rest] = alerts
  if (first === undefined) throw new Error('no alert')
  expect(differences('engine', { alerts, counts }, { alerts, counts })).toEqual([])
  expect(differences('engine', { alerts: rest, counts }, { alerts, counts })[0]).toContain('nothing')
  const changed = { ...first, threshold: '99' }
  expect(differences('engine', { alerts: [changed, ...rest], counts }, { alerts, counts })[0]).toContain('threshold: expected')
  expect(differences('engine', { alerts, counts: counts.map((c) => ({ ...c, used: c.used + 1 })) }, { alerts, counts })).toHaveLength(4)
})
