import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Agenda } from './agenda.ts'

test('gives what was noted tick by tick, the earliest first, and of one tick in the order of noting', () => {
  const steps = fc.array(fc.option(fc.integer({ min: 0, max: 12 }), { freq: 3 }), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (ticks) => {
      const agenda = new Agenda<number>()
      let noted: [number, number][] = []
      for (const [item, tick] of ticks.entries()) {
        if (tick !== null) {
          agenda.add(tick, item)
          noted.push([tick, item])
          continue
        }
        const next = Math.min(...noted.map(([at]) => at))
        expect(agenda.next).toBe(next)
        expect(agenda.take(next - 1)).toEqual([])
        expect(agenda.take(next)).toEqual(noted.filter(([at]) => at === next).map(([, of]) => of))
        noted = noted.filter(([at]) => at !== next)
      }
      expect(agenda.next).toBe(Math.min(...noted.map(([at]) => at)))
    }),
  )
})
