import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadRules } from '../../../cold/catalogue/catalogue.ts'
import { judgedInParts } from '../../../cold/replay/testing/window-log.ts'
import { defineRule, divideHalfEven, formatDecimal, formatTime, type LimitRule, parseDecimal } from '../../../contract/index.ts'

/** The limit without its ladder: open while above, closed while not. */
const rule = defineRule({ ...((await loadRules()).find((r) => r.code === 'MR-01') as LimitRule), ladder: 'entered' })
const START = Date.UTC(2026, 2, 2, 15, 59, 40)
const CAPITAL = 1000_00n

const step = fc.oneof(
  fc.record({
    kind: fc.constant('position' as const),
    id: fc.integer({ min: 1, max: 5 }),
    ccy: fc.constantFrom('USD', 'EUR', 'XAU', 'GBP', 'CNY'),
    side: fc.constantFrom('long', 'short'),
    value: fc.constantFrom('0.00', '3.33', '10.00', '25.01', '40.00'),
    isGone: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('rate' as const),
    ccy: fc.constantFrom('USD', 'EUR', 'XAU', 'GBP'),
    value: fc.constantFrom('7', '7.00000001', '9.5', '0.0333'),
  }),
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

function eventOf(of: Step | undefined, i: number): Buffer {
  const said = (type: string, subject: string, data: object, rest: object = {}) => {
    const event = { specversion: '1.0', id: `e${i}`, source: type === 'mkt.price' ? '/market' : '/B1', type, time: formatTime(START + i * 1000), subject }
    return Buffer.from(JSON.stringify({ ...event, institution: 'B1', sequence: String(i + 1), ...rest, data }))
  }
  if (of === undefined) return said('inst.metric', 'B1', { metric: 'net-capital', value: '1000', unit: 'CNY', period: '2025', basis: 'solo' })
  if (of.kind === 'rate') return said('mkt.price', `${of.ccy}/CNY`, { instrumentId: `${of.ccy}/CNY`, kind: 'fx', value: of.value })
  const { id, ccy, side, value, isGone } = of
  const data = { positionId: `Q${id}`, ...(!isGone && { book: 'trading', kind: 'other', side, value, ccy }) }
  return said('book.position', `Q${id}`, data, isGone ? { op: 'delete' } : {})
}

/** What is open after each step. */
function openAfter(steps: readonly Step[]): bigint[] {
  const [positions, rates] = [new Map<number, Extract<Step, { kind: 'position' }>>(), new Map<string, bigint>()]
  return steps.map((s) => {
    if (s.kind === 'rate') rates.set(s.ccy, parseDecimal(s.value, 10) ?? 0n)
    else if (s.isGone) positions.delete(s.id)
    else positions.set(s.id, s)
    const net = ['USD', 'EUR', 'XAU', 'GBP'].map((ccy) => {
      const amounts = [...positions.values()].filter((p) => p.ccy === ccy).map((p) => (parseDecimal(p.value, 2) ?? 0n) * (p.side === 'long' ? 1n : -1n))
      return { ccy, cny: divideHalfEven(amounts.reduce((a, b) => a + b, 0n) * (rates.get(ccy) ?? 0n), 10n ** 10n) }
    })
    const size = (n: bigint) => (n < 0n ? -n : n)
    const sum = (isLong: boolean) => net.filter(({ ccy, cny }) => ccy !== 'XAU' && cny > 0n === isLong).reduce((total, { cny }) => total + size(cny), 0n)
    const [long, short] = [sum(true), sum(false)]
    return (long > short ? long : short) + size(net.find(({ ccy }) => ccy === 'XAU')?.cny ?? 0n)
  })
}

test('from 2026-03-02 what is open at the latest rates, whatever moves it and wherever the engine is started again', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), fc.nat(40), async (steps, stop) => {
      const lines = [undefined, ...steps].map(eventOf)
      const told = (await judgedInParts(rule, lines, [Math.min(stop, lines.length - 1)])).map((a) => `${a.at} ${a.state} ${a.values['nop']}`)
      let isOpen = false
      const expected = openAfter(steps).flatMap((nop, i) => {
        const isAbove = nop * 5n > CAPITAL
        if (isAbove === isOpen) return []
        isOpen = isAbove
        return [`${formatTime(START + (i + 1) * 1000)} ${isAbove ? 'new' : 'resolved'} ${formatDecimal(nop, 2)}`]
      })
      expect(told).toEqual(expected)
    }),
    { numRuns: 5 },
  )
})
