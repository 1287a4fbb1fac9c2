import { Cascade, type Ratio } from './cascade.ts'
import { DebtRank, type Distress } from './debtrank.ts'
import { Default, type Losses } from './default.ts'
import type { Lending } from './lending.ts'
import { Resolvent } from './resolvent.ts'

/** A network at rest: `members` gives each place's number, `equity` what is known of it, by number, in minor units of CNY. */
export type Standing = { lending: Lending; members: readonly number[]; equity: ReadonlyMap<number, bigint> }

/** The default of each institution, by number; `together`: found for all at once, so that one changed claim may change the last bit of any. */
export type Defaults = { of: ReadonlyMap<number, Default>; together: boolean }

/**
 * The default of every institution whose equity is known. Those of `before` that rest on nobody `marked` are kept: distress spreads from debtor to creditor, so
 * that nothing changes for one who reaches no debtor of a changed claim, and nobody whose own or whose creditor's equity changed.
 */
export function defaultsOf(standing: Standing, lossGivenDefault: Ratio, before: Defaults, marked: Uint8Array): Defaults {
  const { lending, members, equity } = standing
  const known = members.map((id) => equity.get(id))
  const amounts = Float64Array.from(known, (e) => (e === undefined ? Number.NaN : Number(e)))
  const resolvent = Resolvent.of(lending, amounts)
  const together = resolvent !== undefined
  const ranks = new DebtRank(lending, amounts)
  const cascades = new Cascade(lending, known, lossGivenDefault)
  const of = new Map<number, Default>()
  for (const [place, id] of members.entries()) {
    if (known[place] === undefined) continue
    const kept = together || before.together ? undefined : before.of.get(id)
    if (kept !== undefined && !kept.restsOn(marked)) of.set(id, kept)
    else of.set(id, fresh(place, standing, resolvent?.distress(place) ?? ranks.of(place), cascades.of(place)))
  }
  return { of, together }
}

function fresh(place: number, { members, equity }: Standing, distress: Distress, fallen: Losses): Default {
  const numbered = (losses: Losses): Losses => ({ ...losses, touched: losses.touched.map((i) => members[i] as number) })
  const { touched, loss, capped } = distress
  const debtRank = numbered({ touched, loss, defaulted: Uint8Array.from(distress.distress, (h) => Number(h === 1)) })
  const held = new Map(Array.from(debtRank.touched, (id) => [id, equity.get(id) ?? 0n]))
  return new Default({ of: members[place] as number, debtRank, cascade: numbered(fallen), equity: held, capped })
}
