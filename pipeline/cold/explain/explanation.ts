/** Why an institution is exposed to an obligor: every path there, as the tables have them, with share × share = effective share and the amount that comes through. */
import { LookthroughError, parseDecimal } from '../../contract/index.ts'
import { quote } from '../../store/database.ts'
import type { Query } from '../tables.ts'

/**
 * A step on the way and all ways on from it. `share`: the part of what is above that lies here; `effective`: the institution's part of it, all shares down to
 * here multiplied. `amount`: minor units of CNY that reach the obligor through here. `event`: the statement it rests on, `<source>|<id>`.
 */
export type Way = { to: string; kind: string; share: number | null; effective: number | null; amount: bigint; event: string | null; on: Way[] }

/** Amounts in minor units of CNY. `rest`: what comes by paths too small to be kept one by one. */
export type Explanation = { institution: string; obligor: string; direct: bigint; indirect: bigint; total: bigint; rest: bigint; ways: Way[] }

/** Throws LT-1014 where there is nothing. */
export async function explain(query: Query, institution: string, obligor: string): Promise<Explanation> {
  const about = `institution = ${quote(institution)} AND obligor = ${quote(obligor)}`
  const exposures = await query(`SELECT route, CAST(amount AS VARCHAR) AS amount, path_id FROM lt.exposure WHERE ${about}`)
  if (exposures.length === 0) throw new LookthroughError('LT-1014', { institution, obligor })
  const steps = await query(`SELECT path_id, to_id, kind, share, CAST(amount AS VARCHAR) AS amount, event FROM lt.path
    WHERE path_id IN (SELECT path_id FROM lt.exposure WHERE ${about}) ORDER BY path_id, step`)
  const sum = (of: readonly Record<string, unknown>[]) => of.reduce((total, row) => total + minor(row['amount']), 0n)
  const direct = sum(exposures.filter((e) => e['route'] === 'direct'))
  const indirect = sum(exposures.filter((e) => e['route'] !== 'direct'))
  const reached = new Map(exposures.map((e) => [String(e['path_id']), minor(e['amount'])]))
  const rest = sum(exposures.filter((e) => e['path_id'] === null))
  return { institution, obligor, direct, indirect, total: direct + indirect, rest, ways: waysOf(steps, reached) }
}

/** Paths that begin alike share their beginning. */
function waysOf(steps: readonly Record<string, unknown>[], reached: ReadonlyMap<string, bigint>): Way[] {
  const ways: Way[] = []
  let [path, at, above]: [string, Way[], number | null] = ['', ways, 1]
  for (const step of steps) {
    const id = String(step['path_id'])
    if (id !== path) [path, at, above] = [id, ways, 1]
    const way = wayInto(at, step, above)
    way.amount += reached.get(id) ?? 0n
    at = way.on
    above = way.effective
  }
  return sorted(ways)
}

function wayInto(ways: Way[], step: Record<string, unknown>, above: number | null): Way {
  const [to, kind, event] = [String(step['to_id']), String(step['kind']), step['event'] === null ? null : String(step['event'])]
  const effective = step['share'] === null || step['share'] === undefined || Number.isNaN(Number(step['share'])) ? null : Number(step['share'])
  const known = ways.find((w) => w.to === to && w.kind === kind && w.event === event && w.effective === effective)
  if (known !== undefined) return known
  const share = effective === null || above === null || above === 0 ? null : effective / above
  const way = { to, kind, share, effective, amount: 0n, event, on: [] }
  ways.push(way)
  return way
}

/** The largest first; equal ones by name. */
function sorted(ways: Way[]): Way[] {
  for (const way of ways) sorted(way.on)
  return ways.sort((a, b) => (a.amount !== b.amount ? (a.amount < b.amount ? 1 : -1) : a.to < b.to ? -1 : 1))
}

function minor(amount: unknown): bigint {
  return parseDecimal(String(amount), 2) ?? 0n
}
