/** Which partitions are carried along (contract §2, docs/decisions/0004). */
import type { Carried, Silent } from '../../contract/source.ts'
import type { Ledger } from './ledger.ts'

/** Silent this long, wall ms, a partition is carried along. */
const SILENT_MS = 2000

/**
 * Records that carry silent partitions to the lowest watermark of those that speak; none if none speaks. Silent is one that was read to its end
 * (`atEnd`) and gave nothing for two seconds, and at once one whose reporters have all said (`until`) that nothing older than that will come.
 */
export function carried(ledger: Ledger, atEnd: readonly Silent[], now: number, until: (p: number) => number): Carried[] {
  const judged = atEnd.filter((s) => ledger.at(s.partition).nextOffset === s.nextOffset)
  const quiet = new Set(judged.filter((s) => now - s.since >= SILENT_MS).map((s) => s.partition))
  const lowest = () => ledger.books.reduce((low, _, p) => (quiet.has(p) ? low : Math.min(low, ledger.watermark(p))), Infinity)
  // Those furthest behind first: with each, the lowest of the others grows, and all that rest on a word have to reach it.
  const vouched = judged.filter((s) => !quiet.has(s.partition)).sort((a, b) => ledger.watermark(a.partition) - ledger.watermark(b.partition))
  let word = Infinity
  for (const { partition } of vouched) {
    word = Math.min(word, until(partition))
    quiet.add(partition)
    if (word > lowest()) continue
    quiet.delete(partition)
    break
  }
  const low = lowest()
  if (!Number.isFinite(low)) return []
  return judged.flatMap((s): Carried[] => {
    const { topic, partition } = ledger.at(s.partition)
    const behind = quiet.has(s.partition) && ledger.watermark(s.partition) < low
    return behind ? [{ topic, partition, nextOffset: s.nextOffset, watermark: low }] : []
  })
}
