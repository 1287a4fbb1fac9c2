/** What the look-through and the rates leave in tables, for analysts and for a restart. */
import { type Database, quote } from '../../store/database.ts'
import { doubleColumn, integerColumn, moneyColumn, textColumn } from '../../store/columns.ts'
import { parseDecimal } from '../../contract/index.ts'
import type { Reached } from '../../through/products.ts'
import type { FxBook, RateRecord } from './fx.ts'

/** Paths kept per institution and obligor; the rest are one row without a path. */
const PATHS_KEPT = 1000

export async function writeExposures(db: Database, institutions: [institution: string, reached: Reached[]][]): Promise<void> {
  if (institutions.length === 0) return
  const names = institutions.map(([i]) => quote(i)).join(', ')
  await db.run(`DELETE FROM engine.exposure WHERE institution IN (${names}); DELETE FROM engine.step WHERE institution IN (${names})`)
  const rows = institutions.flatMap(([institution, reached]) => pathRows(institution, reached))
  const steps = rows.flatMap(({ institution, pathId, reached }) => (pathId === null ? [] : reached.path.map((step, i) => ({ institution, pathId, i, step }))))
  await db.append(
    'engine',
    'exposure',
    [
      textColumn(rows.map((r) => r.institution)),
      textColumn(rows.map((r) => r.reached.obligor)),
      textColumn(rows.map((r) => r.reached.kind)),
      moneyColumn(rows.map((r) => r.reached.amount)),
      textColumn(rows.map((r) => r.pathId)),
    ],
    rows.length,
  )
  await db.append(
    'engine',
    'step',
    [
      textColumn(steps.map((s) => s.institution)),
      textColumn(steps.map((s) => s.pathId)),
      integerColumn(steps.map((s) => s.i + 1)),
      textColumn(steps.map((s) => s.step.from ?? null)),
      textColumn(steps.map((s) => s.step.to ?? null)),
      textColumn(steps.map((s) => s.step.kind)),
      doubleColumn(steps.map((s) => Number(s.step.share ?? Number.NaN))),
      moneyColumn(steps.map((s) => parseDecimal(s.step.amount ?? '0', 2) ?? 0n)),
      textColumn(steps.map((s) => s.step.event ?? null)),
    ],
    steps.length,
  )
}

export async function writeRates(db: Database, fx: FxBook, at: number): Promise<void> {
  const records = fx.records()
  if (records.length === 0) return
  const rows = records.map(
    (r) =>
      `(${quote(r.ccy)}, ${fx.rate(r.ccy, at) ?? 'NULL'}::HUGEINT, ${r.first}::HUGEINT, ${r.previous ?? 'NULL'}::HUGEINT, ${r.latest}::HUGEINT, ${r.latestDay})`,
  )
  await db.run(`DELETE FROM engine.fx; INSERT INTO engine.fx SELECT c, r * 0.0000000001, f, p, l, d FROM (VALUES ${rows.join(', ')}) v(c, r, f, p, l, d)`)
}

export async function readRates(db: Database): Promise<RateRecord[]> {
  const rows = await db.rows('SELECT ccy, first, previous, latest, latest_day FROM engine.fx')
  return rows.map(([ccy, first, previous, latest, day]) => ({
    ccy: String(ccy),
    first: first as bigint,
    previous: previous === null ? undefined : (previous as bigint),
    latest: latest as bigint,
    latestDay: Number(day),
  }))
}

type PathRow = { institution: string; pathId: string | null; reached: Reached }

function pathRows(institution: string, reached: Reached[]): PathRow[] {
  const perObligor = new Map<string, Reached[]>()
  for (const r of reached) {
    const key = `${r.kind}|${r.obligor}`
    const list = perObligor.get(key)
    if (list === undefined) perObligor.set(key, [r])
    else list.push(r)
  }
  return [...perObligor.entries()].flatMap(([key, list]) => {
    const sorted = [...list].sort((a, b) => (a.amount < b.amount ? 1 : a.amount > b.amount ? -1 : 0))
    const kept = sorted.slice(0, PATHS_KEPT).map((r, i): PathRow => ({ institution, pathId: `${institution}|${key}|${i + 1}`, reached: r }))
    const rest = sorted.slice(PATHS_KEPT)
    const first = rest[0]
    if (first === undefined) return kept
    return [...kept, { institution, pathId: null, reached: { ...first, amount: rest.reduce((sum, r) => sum + r.amount, 0n) } }]
  })
}
