/** What every kind of window check is given, and the finding it gives back. */
import type { Windowed } from '../../../contract/finding.ts'
import type { WindowRule } from '../../../contract/rule.ts'
import { subjectOf } from '../../../contract/subjects.ts'
import { type Database, name } from '../../../store/database.ts'
import type { Exact, Judged, Point } from './exact.ts'
import { isCounted, type Part, partsOf } from './measures.ts'
import type { RuleRows } from './rows.ts'
import { severityAt } from './verdict.ts'
import type { Qualified } from './qualified.ts'
import type { Touched } from './touched.ts'

/** `firstTick`: the first that is judged; before it rows are only taken in. */
export type Judging = RuleRows & { db: Database; exact: Exact; touched: Touched; qualified: Qualified; firstTick: number }

/** Judges what the watermark has passed: ticks in (from, to]. What is `touched` is left to `Corrections`. */
export type Kind = {
  restore(from: number): Promise<void>
  /** `open`: windows on show that have not closed. */
  check(from: number, to: number, touched: boolean, open: OpenWindow[]): Promise<Windowed[]>
}
export type Key = { institution: string; key: string }
export type OpenWindow = Key & { start: number; end: number }

export function findingOf(part: Judging, point: Point, judged: Judged, step: Windowed['step'], at = point.tick, corrected = false): Windowed {
  const { rule, exact, source } = part
  const { window } = rule
  const subject = subjectOf(rule, point.key)
  return {
    kind: 'windowed',
    step,
    rule,
    institution: point.institution,
    subject,
    at,
    start: point.start,
    end: point.end,
    holds: judged.hit,
    corrected,
    reaches: point.tick - source.keepMs,
    values: { ...judged.values, ...(window.partAs !== undefined && { [window.partAs]: subject.part ?? '' }) },
    threshold: judged.threshold,
    severity: severityAt(rule, judged.grade),
    evidence: () => exact.evidence(point),
    async instead(start, end) {
      const other = { ...point, start, end }
      const [of] = await exact.judge([other])
      if (of === undefined) throw new Error(`rule ${rule.code}: no measures of a window`)
      return findingOf(part, other, of, step, at, corrected)
    },
  }
}

/** Whether some measures can only be had from the rows. */
export function needsRows({ rule, shape }: Judging): boolean {
  return shape.everyone || rule.latest !== undefined || Object.values(rule.measures).some(isCounted)
}

/** Makes the rule's own table anew unless it is there with the same columns, the same windows and `writtenBy`; true if it was made. */
export async function ownTable({ db, rule, shape }: Judging, prefix: string, columns: string[], writtenBy = ''): Promise<{ table: string; made: boolean }> {
  const text = `${prefix}_${rule.code}`
  const table = `engine.${name(text)}`
  const meant = JSON.stringify([
    columns,
    shape,
    rule.window.partyKind ?? '',
    rule.where ?? '',
    rule.parameters,
    ...(writtenBy === '' ? [] : [writtenBy]),
    ...(rule.overrides === undefined ? [] : [rule.overrides]),
  ])
  const [known] = await db.rows(`SELECT value FROM engine.meta WHERE key = '${text}'`)
  if (known !== undefined && String(known[0]) === meant && (await db.exists('engine', text))) return { table, made: false }
  await db.run(
    `BEGIN; CREATE OR REPLACE TABLE ${table}(${columns.join(', ')}); INSERT OR REPLACE INTO engine.meta VALUES ('${text}', '${meant.replaceAll("'", "''")}'); COMMIT`,
  )
  return { table, made: true }
}

export function partColumns(parts: Part[]): string[] {
  return parts.map((p) => `"${p.column}" ${p.type}`)
}

export function columnNames(rule: WindowRule): string {
  return partsOf(rule)
    .map((p) => `"${p.column}"`)
    .join(', ')
}

/** Leaves out windows of a key (columns institution, k, start of relation `w`) that something odd touched. */
export function untouched({ rule, shape }: Judging, touched: boolean): string {
  if (!touched) return ''
  return ` ANTI JOIN (SELECT * FROM engine.touched WHERE code = '${rule.code}') t ON t.institution = w.institution AND t.k = w.k AND t.time >= w.start AND t.time < w.start + ${shape.size}`
}
