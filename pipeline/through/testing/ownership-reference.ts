/**
 * Owners and groups computed slowly and to the letter, for a handful of parties: dense matrices of exact fractions, fixpoints by trying, every simple path
 * walked, groups from scratch. Shares no code with the engine.
 */
import type { OwnershipStatement } from '../owners/statement.ts'
import { Fraction, solveExactly } from './fraction.ts'

type Matrix = Fraction[][]
type Named = Map<string, OwnershipStatement>

export type ReferenceRow = { economic: Fraction | undefined; controls: boolean; closeLink: Fraction }
export type Reference = {
  parties: string[]
  rows: Map<string, ReferenceRow>
  sanity: Map<string, { sum: string; reasons: string[] }>
  groups: string[][]
}

/** What the statements say at a time, ms; rows by `owner>owned`, only those where something is not nothing. */
export function reference(statements: Named, now: number): Reference {
  const held = [...statements.values()].filter((s) => s.isComponent !== true && day(s.from, -Infinity) <= now && now < day(s.to, Infinity))
  const parties = [...new Set(held.flatMap((s) => [s.owner, s.owned]))].sort()
  const sum = (owner: string, owned: string, kind: string) =>
    held.filter((s) => s.owner === owner && s.owned === owned && s.kind === kind).reduce((total, s) => total.plus(least(s)), Fraction.zero)
  const has = (owner: string, owned: string, kind: string) => held.some((s) => s.owner === owner && s.owned === owned && s.kind === kind)
  const matrix = (of: (owner: string, owned: string) => Fraction): Matrix => parties.map((i) => parties.map((j) => of(i, j)))
  const equity = matrix((i, j) => sum(i, j, 'equity'))
  const votes = matrix((i, j) => sum(i, j, has(i, j, 'votes') ? 'votes' : 'equity'))
  const direct = parties.map((i) => parties.map((j) => has(i, j, 'control')))
  const { economic, circles } = integrated(equity)
  const control = parties.map((_, x) => controlledBy(x, votes, direct))
  const rows = new Map<string, ReferenceRow>()
  parties.forEach((i, a) =>
    parties.forEach((j, b) => {
      const row = { economic: economic[a]?.[b], controls: control[a]?.has(b) === true, closeLink: a === b ? Fraction.zero : simplePaths(equity, a, b) }
      if (row.economic === undefined || row.economic.numerator !== 0n || row.controls || row.closeLink.numerator !== 0n) rows.set(`${i}>${j}`, row)
    }),
  )
  const tied = (a: number, b: number) => control[a]?.has(b) === true || has(parties[a] ?? '', parties[b] ?? '', 'dependence')
  const selfOwned = (p: string) => held.some((s) => s.kind === 'equity' && s.owner === p && s.owned === p && most(s).numerator > 0n)
  return { parties, rows, sanity: sanity(parties, equity, circles, selfOwned), groups: groupsOf(parties, tied) }
}

function least({ share, shareMin }: OwnershipStatement): Fraction {
  return decimalOf(share ?? shareMin ?? '0')
}

function most({ share, shareMax }: OwnershipStatement): Fraction {
  return decimalOf(share ?? shareMax ?? '1')
}

function day(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : Date.parse(`${text}T00:00:00+08:00`)
}

/** W/N_ii off the diagonal, W on it; undefined where a walk from i to j meets a circle of gain ≥ 1. Circles: strongly connected, and whether their gain is below 1. */
function integrated(a: Matrix): { economic: (Fraction | undefined)[][]; circles: { members: number[]; below: boolean }[] } {
  const all = [...a.keys()]
  const reach = closure(a)
  const circles: { members: number[]; below: boolean }[] = []
  for (const i of all) {
    if (reach[i]?.[i] !== true || circles.some((c) => c.members.includes(i))) continue
    const members = all.filter((j) => j === i || (reach[i]?.[j] === true && reach[j]?.[i] === true))
    const inverse = inverseOfIMinus(members.map((p) => members.map((q) => at(a, p, q))))
    circles.push({ members, below: inverse !== undefined && inverse.every((row) => row.every((f) => f.numerator >= 0n)) })
  }
  const bad = new Set(circles.filter((c) => !c.below).flatMap((c) => c.members))
  const good = all.filter((i) => !bad.has(i))
  const n = inverseOfIMinus(good.map((p) => good.map((q) => at(a, p, q)))) ?? []
  const to = (i: number, j: number) => i === j || reach[i]?.[j] === true
  const economic = all.map((i) =>
    all.map((j) => {
      if (reach[i]?.[j] !== true) return Fraction.zero
      if ([...bad].some((b) => to(i, b) && to(b, j))) return undefined
      const [p, q] = [good.indexOf(i), good.indexOf(j)]
      return i === j ? at(n, p, q).minus(Fraction.one) : at(n, p, q).over(at(n, p, p))
    }),
  )
  return { economic, circles }
}

function at(m: Matrix, i: number, j: number): Fraction {
  return m[i]?.[j] ?? Fraction.zero
}

/** Whether a walk of at least one step leads from i to j. */
function closure(a: Matrix): boolean[][] {
  const reach = a.map((row) => row.map((f) => f.numerator > 0n))
  for (const k of a.keys()) for (const row of reach) if (row[k] === true) reach[k]?.forEach((there, j) => (row[j] ||= there))
  return reach
}

/** (I − A)⁻¹; undefined where there is none. */
function inverseOfIMinus(a: Matrix): Matrix | undefined {
  const unit = (i: number) => a.map((_, j) => (i === j ? Fraction.one : Fraction.zero))
  const system = a.map((row, i) => row.map((f, j) => (unit(i)[j] ?? Fraction.zero).minus(f)))
  const columns = a.map((_, j) => solveExactly(system, unit(j)))
  return columns.includes(undefined) ? undefined : a.map((_, i) => columns.map((column) => column?.[i] ?? Fraction.zero))
}

function controlledBy(x: number, votes: Matrix, direct: boolean[][]): Set<number> {
  const controlled = new Set<number>()
  const half = new Fraction(1n, 2n)
  for (let before = -1; before !== controlled.size; ) {
    before = controlled.size
    for (const y of votes.keys()) {
      const holders = new Set([x, ...controlled])
      const total = [...holders].reduce((sum, z) => sum.plus(at(votes, z, y)), Fraction.zero)
      if (total.compare(half) > 0 || [...holders].some((z) => direct[z]?.[y] === true)) controlled.add(y)
    }
  }
  return controlled
}

function simplePaths(a: Matrix, from: number, to: number): Fraction {
  const walk = (i: number, product: Fraction, inside: readonly number[]): Fraction =>
    i === to
      ? product
      : [...a.keys()]
          .filter((j) => !inside.includes(j) && at(a, i, j).numerator > 0n)
          .reduce((sum, j) => sum.plus(walk(j, product.times(at(a, i, j)), [...inside, j])), Fraction.zero)
  return walk(from, Fraction.one, [from])
}

function sanity(parties: string[], equity: Matrix, circles: { members: number[]; below: boolean }[], selfOwned: (party: string) => boolean) {
  const found: Reference['sanity'] = new Map()
  parties.forEach((party, j) => {
    const sum = equity.reduce((total, _, i) => total.plus(at(equity, i, j)), Fraction.zero)
    const reasons: string[] = []
    if (circles.some((c) => !c.below && c.members[0] === j)) reasons.push('cycle-gain')
    if (sum.compare(Fraction.one) > 0) reasons.push('over-owned')
    if (selfOwned(party)) reasons.push('self-owned')
    if (reasons.length > 0) found.set(party, { sum: decimal(sum), reasons })
  })
  return found
}

function decimalOf(text: string): Fraction {
  const [whole = '', decimals = ''] = text.split('.')
  return new Fraction(BigInt(whole + decimals), 10n ** BigInt(decimals.length))
}

function decimal(f: Fraction): string {
  const digits = ((f.numerator * 10n ** 20n) / f.denominator).toString().padStart(21, '0')
  return `${digits.slice(0, -20)}.${digits.slice(-20)}`.replace(/\.?0+$/, '')
}

function groupsOf(parties: string[], tied: (a: number, b: number) => boolean): string[][] {
  const group = parties.map((_, i) => i)
  for (const a of parties.keys())
    for (const b of parties.keys())
      if (tied(a, b)) {
        const [from, to] = [group[a], group[b]]
        group.forEach((g, i) => g === from && (group[i] = to ?? g))
      }
  return [...new Set(group)].map((g) => parties.filter((_, i) => group[i] === g))
}
