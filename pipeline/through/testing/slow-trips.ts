import type { Payment } from '../payment-record.ts'
import { inOrder } from './slow-taint.ts'

export type SlowTrip = { closing: string; account: string; payments: string[] }

/** Every round trip of a small log: all cycles walked forward from every payment, then the rule applied to the list of them. `keep` in hundredths. */
export function slowTrips(log: ReadonlyMap<string, Payment>, within: number, keep: bigint, maxHops: number): SlowTrip[] {
  const payments = [...log].filter(([, p]) => p.from !== p.to).sort(([, a], [, b]) => inOrder(a, b))
  const byPayer = new Map<string, number[]>()
  payments.forEach(([, { from }], i) => byPayer.set(from, [...(byPayer.get(from) ?? []), i]))
  const cycles: number[][] = []
  for (let first = 0; first < payments.length; first++) {
    const waiting = [[first]]
    for (let way = waiting.pop(); way !== undefined; way = waiting.pop()) {
      const [start, last] = [at(way[0]), at(way[way.length - 1])]
      if (last.to === start.from) {
        if (way.length >= 3) cycles.push(way)
        continue
      }
      if (way.length === maxHops || way.some((i) => at(i).from === last.to)) continue
      for (const i of byPayer.get(last.to) ?? []) {
        const p = at(i)
        if (p.e > last.e && p.e - start.e <= within && p.amount * 100n >= keep * last.amount) waiting.push([...way, i])
      }
    }
  }
  const best = new Map<string, number[]>()
  for (const way of cycles) {
    const account = way.map((i) => at(i).from).reduce((a, b) => (a < b ? a : b))
    const place = `${way[way.length - 1]} ${account}`
    const held = best.get(place)
    if (held === undefined || isBetter(way, held)) best.set(place, way)
  }
  return [...best].map(([place, way]) => {
    const keys = way.map((i) => payments[i]?.[0] as string)
    return { closing: keys[keys.length - 1] as string, account: place.split(' ')[1] as string, payments: keys }
  })

  function at(i: number | undefined): Payment {
    return payments[i ?? -1]?.[1] as Payment
  }
}

/** Shorter; of the same length, later where they first differ from the end. */
function isBetter(way: number[], held: number[]): boolean {
  if (way.length !== held.length) return way.length < held.length
  for (let i = way.length - 1; i >= 0; i--) {
    const difference = (way[i] as number) - (held[i] as number)
    if (difference !== 0) return difference > 0
  }
  return false
}
