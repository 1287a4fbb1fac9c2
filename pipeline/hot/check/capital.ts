/** Capital bases: the metric with the latest `period` reported for (institution, metric), basis solo unless only consolidated exists. */
import type { Statement } from './statement.ts'

/** `statement`: what the base rests on. */
export type Base = { value: bigint; statement: Statement }

/** Values have 10 decimals. */
export const BASE_SCALE = 10

export class CapitalBook {
  readonly #periods = new Map<string, Map<string, Base>>()
  /** The base of each institution, per metric. */
  readonly #latest = new Map<string, Map<string, Base>>()

  /** Sets or, with undefined, removes what is reported for one (institution, metric, basis, period). */
  set(institution: string, metric: string, basis: string, period: string, base: Base | undefined): void {
    const key = `${institution}\u0000${metric}\u0000${basis}`
    const periods = this.#periods.get(key) ?? new Map<string, Base>()
    if (base === undefined) periods.delete(period)
    else periods.set(period, base)
    this.#periods.set(key, periods)
    const latest = this.#newest(institution, metric, 'solo') ?? this.#newest(institution, metric, 'consolidated')
    const bases = this.#latest.get(metric) ?? new Map<string, Base>()
    if (latest === undefined) bases.delete(institution)
    else bases.set(institution, latest)
    this.#latest.set(metric, bases)
  }

  latest(institution: string, metric: string): Base | undefined {
    return this.#latest.get(metric)?.get(institution)
  }

  /** Who has a base in this metric. */
  institutions(metric: string): Iterable<string> {
    return this.#latest.get(metric)?.keys() ?? []
  }

  #newest(institution: string, metric: string, basis: string): Base | undefined {
    const periods = this.#periods.get(`${institution}\u0000${metric}\u0000${basis}`)
    let newest: string | undefined
    for (const period of periods?.keys() ?? []) if (newest === undefined || period > newest) newest = period
    return newest === undefined ? undefined : periods?.get(newest)
  }
}
