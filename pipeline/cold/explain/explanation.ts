/** Why an institution is exposed to an obligor: every path there, with share × share = effective share and the amount that comes through. */
import { formatDecimal, formatTime, LookthroughError } from '../../contract/index.ts'
import type { Lookthrough, LookthroughStep } from '../../contract/lookthrough.ts'
import type { Query } from '../tables.ts'
import { type Asked, type Path, type PathStepTo, stoodAt } from './as-of.ts'

/** As it was at a past time, or as it is. Throws LT-1014 where there was nothing, LT-1015 and LT-1016 for a time that is not kept or not judged yet. */
export async function explain(query: Query, asked: Asked): Promise<Lookthrough> {
  const { institution, obligor } = asked
  const { at, paths } = await stoodAt(query, asked)
  if (paths.length === 0) throw new LookthroughError('LT-1014', { institution, obligor })
  const sum = (such: (path: Path) => boolean) => paths.reduce((total, path) => (such(path) ? total + path.amount : total), 0n)
  const [direct, indirect] = [sum((path) => path.isDirect), sum((path) => !path.isDirect)]
  return {
    institution,
    obligor,
    at: formatTime(at),
    total: money(direct + indirect),
    direct: money(direct),
    indirect: money(indirect),
    rest: money(sum((path) => path.steps.length === 0)),
    paths: told(waysOf(paths)),
  }
}

type Way = PathStepTo & { share: number | null; amount: bigint; on: Way[] }

/** Paths that begin alike share their beginning. */
function waysOf(paths: readonly Path[]): Way[] {
  const ways: Way[] = []
  for (const { amount, steps } of paths) {
    let [at, above]: [Way[], number | null] = [ways, 1]
    for (const step of steps) {
      const way = wayInto(at, step, above)
      way.amount += amount
      at = way.on
      above = way.effective
    }
  }
  return ways
}

function wayInto(ways: Way[], step: PathStepTo, above: number | null): Way {
  const { to, kind, event, effective } = step
  const known = ways.find((w) => w.to === to && w.kind === kind && w.event === event && w.effective === effective)
  if (known !== undefined) return known
  const share = effective === null || above === null || above === 0 ? null : effective / above
  const way = { to, kind, share, effective, event, amount: 0n, on: [] }
  ways.push(way)
  return way
}

/** The largest first; equal ones by name, kind and event. */
function told(ways: Way[]): LookthroughStep[] {
  const name = ({ to, kind, event }: Way) => [to, kind, event ?? ''].join('\u0000')
  ways.sort((a, b) => (a.amount !== b.amount ? (a.amount < b.amount ? 1 : -1) : name(a) < name(b) ? -1 : 1))
  return ways.map(({ amount, on, ...step }) => ({ ...step, amount: money(amount), on: told(on) }))
}

function money(amount: bigint): string {
  return formatDecimal(amount, 2)
}
