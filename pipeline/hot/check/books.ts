/** What the look-through and the rates leave in tables, for analysts and for a restart. */
import { type Database, quote } from '../../store/database.ts'
import { doubleColumn, integerColumn, moneyColumn, textColumn } from '../../store/columns.ts'
import { parseDecimal, type PathStep } from '../../contract/index.ts'
import { load } from '../../store/load.ts'
import type { Obligor, ProductGraph } from '../../through/products.ts'
import type { FxBook, RateRecord } from './fx.ts'
import type { LookSettings } from './look-settings.ts'
import { double } from './windows/shape.ts'

/** Paths kept per institution and obligor; the rest are one row without a path. */
const PATHS_KEPT = 1000
/** Obligors whose rows are in memory at once. */
const WRITTEN_AT_ONCE = 1000

/** Writes the paths to these obligors in place of what stood there. */
export async function writeExposures(db: Database, products: ProductGraph, rewritten: [institution: string, obligors: Obligor[]][]): Promise<void> {
  const about = rewritten.flatMap(([institution, obligors]) => obligors.map((obligor) => ({ institution, ...obligor })))
  if (about.length === 0) return
  await forget(db, about)
  for (let from = 0; from < about.length; from += WRITTEN_AT_ONCE) {
    const rows = about.slice(from, from + WRITTEN_AT_ONCE).flatMap((a) => pathRows(products, a))
    await appendRows(db, rows)
    await appendSteps(db, rows)
  }
}

async function forget(db: Database, about: About[]): Promise<void> {
  const columns = {
    institution: textColumn(about.map((a) => a.institution)),
    kind: textColumn(about.map((a) => a.kind)),
    obligor: textColumn(about.map((a) => a.id)),
  }
  const named = Object.entries(columns).map(([name, column]) => ({ name, column }))
  const relation = load(db, 'rewritten', named, about.length)
  const isAbout = 'e.institution = r.institution AND e.obligor_kind = r.kind AND e.obligor = r.obligor'
  await db.run(
    `DELETE FROM engine.step WHERE path_id IN (SELECT e.path_id FROM engine.exposure e JOIN ${relation} r ON ${isAbout} WHERE e.path_id IS NOT NULL)`,
  )
  await db.run(`DELETE FROM engine.exposure e USING ${relation} r WHERE ${isAbout}`)
}

async function appendRows(db: Database, rows: PathRow[]): Promise<void> {
  await db.append(
    'engine',
    'exposure',
    [
      textColumn(rows.map((r) => r.institution)),
      textColumn(rows.map((r) => r.obligor)),
      textColumn(rows.map((r) => r.kind)),
      moneyColumn(rows.map((r) => r.amount)),
      textColumn(rows.map((r) => r.pathId)),
    ],
    rows.length,
  )
}

async function appendSteps(db: Database, rows: PathRow[]): Promise<void> {
  const steps = rows.flatMap(({ institution, pathId, path }) => path.map((step, i) => ({ institution, pathId, i, step })))
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

/**
 * Notes how products are looked through after tick `since`, ms, where that is not how they were; returns whether they had been looked through otherwise.
 */
export async function keepSettings(db: Database, { materiality, staleAfterMs }: LookSettings, since: number): Promise<boolean> {
  const [kept] = await db.rows('SELECT materiality, stale_after_ms FROM engine.setting ORDER BY since DESC LIMIT 1')
  if (kept !== undefined && kept[0] === materiality && kept[1] === (staleAfterMs ?? null)) return false
  const row = `${double(since)}, ${quote(materiality)}, ${staleAfterMs === undefined ? 'NULL' : double(staleAfterMs)}`
  await db.run(`BEGIN; DELETE FROM engine.setting WHERE since >= ${double(since)}; INSERT INTO engine.setting VALUES (${row}); COMMIT`)
  return kept !== undefined
}

/** Rates as they were written last, as SQL. */
const WRITTEN = new WeakMap<FxBook, string>()

export async function writeRates(db: Database, fx: FxBook, at: number): Promise<void> {
  const records = fx.records()
  if (records.length === 0) return
  const rows = records.map(
    (r) =>
      `(${quote(r.ccy)}, ${fx.rate(r.ccy, at) ?? 'NULL'}::HUGEINT, ${r.first}::HUGEINT, ${r.previous ?? 'NULL'}::HUGEINT, ${r.latest}::HUGEINT, ${r.latestDay})`,
  )
  const rates = rows.join(', ')
  if (WRITTEN.get(fx) === rates) return
  await db.run(`DELETE FROM engine.fx; INSERT INTO engine.fx SELECT c, r * 0.0000000001, f, p, l, d FROM (VALUES ${rates}) v(c, r, f, p, l, d)`)
  WRITTEN.set(fx, rates)
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

type About = { institution: string } & Obligor
type PathRow = { institution: string; obligor: string; kind: string; amount: bigint; pathId: string | null; path: PathStep[] }

/** The paths to an obligor, the largest first, and as the last what all others carry. */
export function pathRows(products: ProductGraph, { institution, kind, id }: About): PathRow[] {
  const { paths, rest } = products.paths(institution, kind, id, PATHS_KEPT)
  const row = { institution, obligor: id, kind }
  const rows = paths.map(({ amount, path }, i): PathRow => {
    const pathId = path.length === 0 ? null : `${institution}|${kind}|${id}|${i + 1}`
    return { ...row, amount, pathId, path }
  })
  return rest === 0n ? rows : [...rows, { ...row, amount: rest, pathId: null, path: [] }]
}
