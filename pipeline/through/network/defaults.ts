import { Cascade, type Ratio } from './cascade.ts'
import { DebtRank } from './debtrank.ts'
import { Default } from './default.ts'
import type { Lending } from './lending.ts'

/** A network at rest: `members` gives each place's number, `equity` what is known of it, by number, in minor units of CNY. */
export type Standing = { lending: Lending; members: readonly number[]; equity: ReadonlyMap<number, bigint> }

/**
 * The default of every institution whose equity is known. Those of `before` that rest on nobody `marked` are kept: distress spreads from debtor to creditor, so
 * that nothing changes for one who reaches no debtor of a changed claim, and nobody whose own or whose creditor's equity changed.
 */
export function defaultsOf(standing: Standing, lossGivenDefault: Ratio, before: ReadonlyMap<number, Default>, marked: Uint8Array): Map<number, Default> {
  const { lending, members, equity } = standing
  const known = members.map((id) => equity.get(id))
  const ranks = new DebtRank(
    lending,
    Float64Array.from(known, (e) => (e === undefined ? Number.NaN : Number(e))),
  )
  const cascades = new Cascade(lending, known, lossGivenDefault)
  const defaults = new Map<number, Default>()
  for (const [place, id] of members.entries()) {
    if (known[place] === undefined) continue
    const kept = before.get(id)
    if (kept !== undefined && !kept.restsOn(marked)) defaults.set(id, kept)
    else defaults.set(id, fresh(place, standing, ranks, cascades))
  }
  return defaults
}

function fresh(place: number, { members, equity }: Standing, ranks: DebtRank, cascades: Cascade): Default {
  const number = (i: number) => members[i] as number
  const [distress, fallen] = [ranks.of(place), cascades.of(place)]
  const touched = distress.touched.map(number)
  const held = new Map(Array.from(touched, (id) => [id, equity.get(id) ?? 0n]))
  return new Default(number(place), { ...distress, touched }, { ...fallen, touched: fallen.touched.map(number) }, held)
}
