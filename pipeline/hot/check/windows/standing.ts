/** Windows of early rules that are open at a tick and qualify, from their rows alone: where a cold start begins to judge. */
import type { Windowed } from '../../../contract/finding.ts'
import { TICK_MS } from '../../../contract/tick.ts'
import { remember } from './early.ts'
import type { Judged, Point } from './exact.ts'
import { findingOf, type Judging } from './judge.ts'
import { sessionsAt, type Version } from './points.ts'
import { versionedRows } from './rows.ts'
import { windowStarts } from './shape.ts'

/** Those that end above `after`: open ones at the tick, and those that end by it with their end. */
export async function standingAt(part: Judging, tick: number, after: number): Promise<Windowed[]> {
  const { shape, exact } = part
  if (!shape.early) return []
  const points = (await (shape.kind === 'session' ? sessions(part, tick, after) : hopping(part, tick))).filter((p) => p.end > after && p.start <= tick)
  const judged = await exact.judge(points)
  const hits = points.flatMap((point, i): [Point, Judged][] => (judged[i]?.hit === true ? [[point, judged[i]]] : []))
  const open = hits.filter(([p]) => p.end > tick)
  if (open.length > 0)
    await remember(
      part,
      open.map(([p, { grade }]) => ({ ...p, grade })),
    )
  return hits.map(([p, of]) => (p.end > tick ? findingOf(part, p, of, 'before') : findingOf(part, p, of, 'end', p.end)))
}

async function hopping(part: Judging, tick: number): Promise<Point[]> {
  const { db, shape } = part
  const rows = versionedRows(part, tick - TICK_MS - shape.size, tick + 1, [])
  const found = await db.rows(`SELECT DISTINCT institution, k, ${windowStarts(shape, 'time')} AS start FROM (${rows}) WHERE born <= ${tick} AND died > ${tick}`)
  return found.map(([institution, k, start]) => ({
    institution: String(institution),
    key: String(k),
    start: Number(start),
    end: Number(start) + shape.size,
    tick,
  }))
}

async function sessions(part: Judging, tick: number, after: number): Promise<Point[]> {
  const { db, shape } = part
  const recent = versionedRows(part, after - shape.gap, tick + 1, [])
  const rows = versionedRows(part, -Infinity, tick + 1, ['op'], `SELECT DISTINCT institution, k FROM (${recent})`)
  const keys = new Map<string, Version[]>()
  for (const [institution, k, time, born, died, first] of await db.rows(
    `SELECT institution, k, time, born, died, op = 'upsert' FROM (${rows}) ORDER BY time, born`,
  )) {
    const name = JSON.stringify([institution, k])
    const versions = keys.get(name) ?? []
    versions.push({ time: Number(time), born: Number(born), died: Number(died), first: first === true })
    keys.set(name, versions)
  }
  return [...keys].flatMap(([name, versions]) => {
    const [institution = '', key = ''] = JSON.parse(name) as string[]
    return sessionsAt(shape, versions, tick).map(({ start, end }) => ({ institution, key, start, end, tick }))
  })
}
