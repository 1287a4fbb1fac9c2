/** A limit or a ratio as steps: what is measured, against what, and each band of the ladder. */
import type { Measured } from '../../contract/finding.ts'
import { formatDecimal, parseDecimal, ratioText, type Rule, type Severity } from '../../contract/index.ts'
import { limitNames, type LimitRule, type RatioRule } from '../../contract/rule.ts'
import { BASE_SCALE } from '../../hot/check/capital.ts'
import { parameterText } from '../../hot/check/expression.ts'
import { type Band, climb, LADDERS, LIMIT_SCALE } from '../../hot/decide/ladder.ts'
import { partsOfCondition } from './condition.ts'
import type { Asked, Observer, Seen } from './observer.ts'
import { ANYWHERE, leastLimit, SEEN, whereRole } from './probes.ts'
import type { Reading, Step } from './step.ts'

type Found = { observer: Observer; asked: Asked; revisions: readonly { rule: { code: string }; band: string | null; state: string; severity: Severity }[] }

export function measuredReading(rule: LimitRule | RatioRule, found: Found): Reading {
  const { observer } = found
  const seen = rule.kind === 'ratio' ? observer.own : observer.of(SEEN)
  const whole = observer.of(ANYWHERE) ?? seen
  if (whole === undefined || whole.finding.kind !== 'measured') return { steps: [], holds: false, stop: { kind: 'nothing', facts: {} } }
  const inside = seen?.finding.kind === 'measured' ? seen.finding : undefined
  const filters = rule.kind === 'limit' && rule.where !== undefined ? filterSteps(rule.where, observer) : []
  const head = [...values(whole), ...filters]
  const at = { evidence: whole.evidence, at: whole.finding.at }
  if (inside === undefined || (inside.numerator === 0n && whole.finding.numerator !== 0n))
    return { ...at, steps: head, holds: false, stop: { kind: 'outside', facts: { where: 'where' in rule ? (rule.where ?? '') : '' } } }
  return { ...at, ...ladderReading(rule, inside, head, found) }
}

function values({ finding }: Seen): Step[] {
  return Object.entries(finding.values).map(([name, value]) => ({ kind: 'value', facts: { name, value } }))
}

function filterSteps(where: string, observer: Observer): Step[] {
  return partsOfCondition(where).map(({ sql }, k) => {
    const finding = observer.of(whereRole(k))?.finding
    return { kind: 'part', holds: finding?.kind === 'measured' && finding.numerator !== 0n, facts: { text: sql } }
  })
}

function ladderReading(rule: LimitRule | RatioRule, measured: Measured, head: Step[], { revisions }: Found): Omit<Reading, 'evidence' | 'at'> {
  const { name, limit } = limitOf(rule, measured)
  const { numerator, denominator } = measured
  const ladder = LADDERS[ladderOf(rule)]
  const units = parseDecimal(limit, LIMIT_SCALE) ?? 0n
  const share = denominator > 0n ? ratioText(numerator, denominator) : '–'
  const bands = ladder.bands.map((band): Step => {
    const entered = climb(numerator, denominator, units, null, { bands: [band], slack: 0n }) !== undefined
    return {
      kind: 'band',
      holds: entered,
      facts: { band: band.name, severity: band.severity, share, operator: band.reaching ? '≥' : '>', limit, edge: String(band.edge) },
    }
  })
  const steps: Step[] = [...head, { kind: 'limit', facts: { name, limit } }, ...bands]
  const stands = revisions.findLast((r) => r.rule.code === rule.code)
  const own = stands?.state === 'new' ? stands.band : null
  const fresh = climb(numerator, denominator, units, null, ladder)
  if (own !== null && own !== fresh?.name) steps.push({ kind: 'slack', holds: true, facts: { band: own, slack: String(ladder.slack) } })
  const holds = fresh !== undefined || own !== null
  return { steps, holds, ...(!holds && { stop: below(rule, measured, ladder.bands[0] as Band, units, share) }) }
}

/** How much more it would take to reach the lowest band. */
function below(rule: LimitRule | RatioRule, { numerator, denominator }: Measured, band: Band, limit: bigint, share: string): Step {
  const edge = (band.edge * limit * denominator) / (100n * 10n ** BigInt(LIMIT_SCALE))
  const [units, scale] = rule.kind === 'limit' ? [edge - numerator, BASE_SCALE] : [edge - numerator, 2]
  return { kind: 'below', facts: { share, edge: String(band.edge), short: formatDecimal(units, scale).replace(/(\.\d\d)\d*$/, '$1') } }
}

/** Which limit the engine took: variants have one of their own for each. */
function limitOf(rule: LimitRule | RatioRule, { limit, institution, at }: Measured): { name: string; limit: string } {
  const names = limitNames(rule)
  if (rule.kind === 'ratio') return { name: names.find((n) => parameterText(rule, n, { institution, at }) === limit) ?? '', limit }
  const name = names.find((_, k) => leastLimit(k) === limit) ?? rule.limit
  return { name, limit: parameterText(rule, name, { institution, at }) }
}

function ladderOf(rule: Rule): keyof typeof LADDERS {
  return (rule.kind === 'limit' ? rule.ladder : undefined) ?? 'limit'
}
