/** Metrics of what the look-through cut short. */
import { Counter, Gauge, type Registry } from 'prom-client'
import { type Capped, CAPPED_RESULTS, CAPPED_SEARCHES } from '../../hot/check/through/capped.ts'
import { grown } from './state.ts'

/** `started`: an engine built anew counts from 0. */
export function cappedMetrics(registers: Registry[]): { committed(capped: Capped): void; started(): void } {
  const searches = new Counter({
    name: 'lookthrough_capped_searches_total',
    help: 'Searches of the look-through that met their cap: what lies beyond was not found.',
    labelNames: ['search'],
    registers,
  })
  const results = new Gauge({
    name: 'lookthrough_capped_results',
    help: 'Results of the look-through that stand and were cut short.',
    labelNames: ['result'],
    registers,
  })
  for (const search of CAPPED_SEARCHES) searches.inc({ search }, 0)
  for (const result of CAPPED_RESULTS) results.set({ result }, 0)
  let before: Capped = {}
  return {
    committed(capped) {
      for (const search of CAPPED_SEARCHES) searches.inc({ search }, grown(capped[search] ?? 0, before[search]))
      for (const result of CAPPED_RESULTS) results.set({ result }, capped[result] ?? 0)
      before = capped
    },
    started() {
      before = {}
    },
  }
}
