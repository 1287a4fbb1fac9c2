/** Windows of early rules that are open at a tick and qualify, from their rows alone: where a cold start begins to judge. */
import type { Windowed } from '../../../contract/finding.ts'
import { keyOf, PART_MARK } from '../../../contract/subjects.ts'
import { TICK_MS } from '../../../contract/tick.ts'
import { quote } from '../../../store/database.ts'
import type { Judged, Point } from './exact.ts'
import { findingOf, type Judging } from './judge.ts'
import { sessionsAt, type Version } from './points.ts'
import { versionedRows } from './rows.ts'
import { type Shape, startsAt, windowStarts } from './shape.ts'

/** Those that end above `after`: open ones at the tick, and those that end by it with their end. */
export async function standingAt(part: Judging, tick: number, after: number): Promise<Windowed[]> {
  const { shape, exact } = part
  if (!shape.early) return []
  const points = (await (shape.kind === 'session' ? sessions(part, tick, after) : hopping(part, tick))).filter((p) => p.end > after && p.start <= tick)
  const judged = await exact.judge(points)
  const hits = points.flatMap((point, i): [Point, Judged][] => (judged[i]?.hit === true ? [[point, judged[i]]] : []))
  await part.qualified.add(hits.filter(([p]) => p.end > tick).map(([p, { grade }]) => ({ ...p, grade })))
  return hits.map(([p, of]) => (p.end > tick ? findingOf(part, p, of, 'before') : findingOf(part, p, of, 'end', p.end)))
}

/** All windows of a subject (`part` absent: of all its parts) that had begun by a tick, as they are at it. */
export async function begunBy(part: Judging, institution: string, subject: { id: string; part?: string }, tick: number): Promise<Point[]> {
  const { db, shape } = part
  const rows = versionedRows(part, -Infinity, Infinity, ['op'])
  const isAsked =
    subject.part === undefined
      ? `(k = ${quote(subject.id)} OR starts_with(k, ${quote(subject.id + PART_MARK)}))`
      : `k = ${quote(keyOf({ kind: '', ...subject }))}`
  const found = await db.rows(
    `SELECT k, time, born, died, op = 'upsert' FROM (${rows}) WHERE institution = ${quote(institution)} AND ${isAsked} AND born <= ${tick} AND died > ${tick} ORDER BY time, born`,
  )
  const keys = new Map<string, Version[]>()
  for (const [k, time, born, died, first] of found)
    keys.set(String(k), [...(keys.get(String(k)) ?? []), { time: Number(time), born: Number(born), died: Number(died), first: first === true }])
  return [...keys].flatMap(([key, versions]) => begun(shape, versions, tick).map(([start, end]): Point => ({ institution, key, start, end, tick })))
}

function begun(shape: Shape, versions: Version[], tick: number): [start: number, end: number][] {
  if (shape.kind === 'session') return sessionsAt(shape, versions, tick).map(({ start, end }) => [start, end])
  const times = [...new Set(versions.map((v) => v.time))]
  if (shape.kind === 'rolling') return times.map((time) => [time - shape.size, time])
  return [...new Set(times.flatMap((time) => startsAt(shape, time)))].filter((start) => start <= tick).map((start) => [start, start + shape.size])
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
