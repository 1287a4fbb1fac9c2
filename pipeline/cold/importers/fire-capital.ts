import { formatDecimal } from '../../contract/index.ts'
import { lookUp, text } from './fields.ts'
import { fieldsRead, type Fire, NO_CURRENCY } from './fire-record.ts'
import type { Intake, Statement } from './intake.ts'

/** The metrics a capital item of this tier is part of. */
const METRICS: Record<string, string[]> = {
  ce_tier_1: ['cet1', 'tier1', 'net-capital'],
  cet1_grandfathered: ['cet1', 'tier1', 'net-capital'],
  add_tier_1: ['tier1', 'net-capital'],
  at1_grandfathered: ['tier1', 'net-capital'],
  tier_1: ['tier1', 'net-capital'],
  tier_2: ['net-capital'],
  t2_grandfathered: ['net-capital'],
}

const READ = fieldsRead('balance currency_code capital_tier asset_liability type')

type Sum = { fire: Fire; ccy: string; records: number; metrics: Map<string, bigint> }

/**
 * The capital items of a file, summed per firm and date into `inst.metric`: the format has the instruments one by one and no deductions, so that these
 * are sums before deductions.
 */
export class CapitalSums {
  readonly #sums = new Map<string, Sum>()

  takes({ record }: Fire): boolean {
    return record['capital_tier'] !== undefined
  }

  add(fire: Fire, at: string, intake: Intake): void {
    const { record, institution, date } = fire
    const balance = record['balance']
    const [tier, ccy] = [text(record['capital_tier']) ?? '-', text(record['currency_code']) ?? NO_CURRENCY]
    const metrics = lookUp(METRICS, tier)
    if (metrics === undefined) return intake.skip('import.why.tier', at, { tier })
    if (typeof balance !== 'number' || !Number.isSafeInteger(balance)) return intake.skip('import.why.amount', at, { value: text(balance) ?? '-' })
    const key = `${institution} ${date}`
    const sum = this.#sums.get(key) ?? { fire, ccy, records: 0, metrics: new Map<string, bigint>() }
    if (sum.ccy !== ccy) return intake.skip('import.why.capitalCcy', at, { ccy, first: sum.ccy })
    this.#sums.set(key, sum)
    sum.records++
    for (const metric of metrics) sum.metrics.set(metric, (sum.metrics.get(metric) ?? 0n) + BigInt(balance))
    intake.uncarried(record, READ, `${fire.kind}.`)
  }

  async write(intake: Intake): Promise<void> {
    for (const sum of this.#sums.values()) await intake.map('capital', statementsOf(sum), sum.records)
  }
}

function statementsOf({ fire, ccy, metrics }: Sum): Statement[] {
  const period = fire.date.slice(0, 10)
  return [...metrics].map(([metric, cents]) => ({
    ...fire.say('inst.metric', { metric, value: formatDecimal(cents, 2), unit: ccy, period, basis: 'solo' }),
    id: `capital:${metric}@${fire.date}`,
  }))
}
