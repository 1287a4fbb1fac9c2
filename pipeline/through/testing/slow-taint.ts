import type { Payment } from '../payment-record.ts'
import type { Method } from '../taint.ts'

export type SlowReached = { amount: bigint; hops: number; first: number }
export type SlowTrace = { reached: Map<string, SlowReached>; drawn: bigint; where: bigint; beyond: bigint }

export type SlowBounds = { horizon: number; hops: number; accounts: number }

/** An account by single coins of one minor unit, in the order they came: true is tainted. */
type Account = { coins: boolean[]; poisoned: boolean; hops: number; drawn: number }

/**
 * The taint of one loan by one method, by moving every coin of the whole log, in event order, by hand: for amounts of a few hundred minor units. Pro rata moves as many
 * coins as the exact fraction says, rounded half to even.
 */
export function slowTaint(log: readonly Payment[], loan: { id: string; account: string }, method: Method, bounds: SlowBounds): SlowTrace {
  const accounts = new Map<string, Account>()
  const trace: SlowTrace = { reached: new Map(), drawn: 0n, where: 0n, beyond: 0n }
  const account = (id: string) => {
    const known = accounts.get(id) ?? { coins: [], poisoned: false, hops: Number.POSITIVE_INFINITY, drawn: Number.NEGATIVE_INFINITY }
    accounts.set(id, known)
    return known
  }
  for (const p of log.filter((one) => one.from !== one.to)) {
    const [from, to] = [account(p.from), account(p.to)]
    const isDrawing = p.loan === loan.id && p.to === loan.account && p.amount > 0n
    for (const one of [from, to]) if (p.e > one.drawn + bounds.horizon) lapse(one, trace)
    const sent = payOut(from, Number(p.amount), method)
    const tainted = sent.filter(Boolean).length
    const isFollowed = !isDrawing && from.hops < bounds.hops && (trace.reached.has(p.to) || trace.reached.size < bounds.accounts)
    if (isDrawing) {
      trace.drawn += p.amount
      arrive(to, p.to, { amount: p.amount, hops: 0, first: p.e }, p.e)
    } else if (isFollowed && tainted > 0) arrive(to, p.to, { amount: BigInt(tainted), hops: from.hops + 1, first: p.e }, from.drawn)
    if (!isFollowed) trace.beyond += BigInt(tainted)
    to.coins.push(...sent.map((coin) => isDrawing || (coin && isFollowed)))
    if (from.coins.length === 0) from.poisoned = false
  }
  for (const one of accounts.values()) trace.where += BigInt(one.coins.filter(Boolean).length)
  return trace

  function arrive(to: Account, id: string, came: SlowReached, drawn: number): void {
    const before = trace.reached.get(id) ?? { amount: 0n, hops: came.hops, first: came.first }
    trace.reached.set(id, { amount: before.amount + came.amount, hops: Math.min(before.hops, came.hops), first: before.first })
    to.hops = Math.min(to.hops, came.hops)
    to.drawn = Math.max(to.drawn, drawn)
    to.poisoned = true
  }
}

function payOut(from: Account, amount: number, method: Method): boolean[] {
  const size = Math.min(amount, from.coins.length)
  const excess = Array.from({ length: amount - size }, () => false)
  if (method === 'fifo') return [...from.coins.splice(0, size), ...excess]
  if (method === 'lifo') return [...from.coins.splice(from.coins.length - size, size).reverse(), ...excess]
  if (method === 'poison') return [...from.coins.splice(0, size).map(() => from.poisoned), ...excess]
  const tainted = from.coins.filter(Boolean).length
  const moved = size === 0 ? 0 : halfEven(tainted * size, from.coins.length)
  const [left, held] = [tainted - moved, from.coins.length - size]
  from.coins = [...Array.from({ length: left }, () => true), ...Array.from({ length: held - left }, () => false)]
  return [...Array.from({ length: moved }, () => true), ...Array.from({ length: size - moved }, () => false), ...excess]
}

function halfEven(a: number, b: number): number {
  const twice = (2 * a) / b
  const low = Math.floor(a / b)
  if (twice - 2 * low === 1) return low % 2 === 0 ? low : low + 1
  return Math.round(a / b)
}

/** What has not moved within the horizon stays for good, and counts as clean if the account pays it later. */
function lapse(account: Account, trace: SlowTrace): void {
  trace.where += BigInt(account.coins.filter(Boolean).length)
  account.coins = account.coins.map(() => false)
  account.poisoned = false
}

export function inOrder(a: Payment, b: Payment): number {
  return a.e - b.e || compare(a.source, b.source) || Number(a.sequence - b.sequence) || compare(a.id, b.id)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
