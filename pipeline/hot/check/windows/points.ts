/**
 * Where windows that something odd touched have to be judged again, from their rows' times and the ticks between which they are in force.
 * Pure; one key at a time.
 */
import { tickOf } from '../../../contract/tick.ts'
import { type Shape, startsAt } from './shape.ts'

/** In force at the ticks in [born, died). `first`: not a correction. */
export type Version = { time: number; born: number; died: number; first: boolean }

/**
 * `before`: a tick while the window is open; `end`: its end; `after`: a tick after it. `corrected`: by then something late or a correction was among its
 * rows. `gone`: nothing makes this window any more.
 */
export type Step = 'before' | 'end' | 'after'
export type Place = { start: number; end: number; tick: number; at: number; step: Step; corrected: boolean; gone?: boolean }

/** The places in (from, to] of the windows that hold a touched time. */
export function placesOf(shape: Shape, versions: Version[], touched: number[], from: number, to: number): Place[] {
  if (shape.kind === 'hopping') return hoppingPlaces(shape, versions, touched, from, to)
  return shape.kind === 'rolling' ? rollingPlaces(shape, versions, touched, from, to) : sessionPlaces(shape, versions, touched, from, to)
}

function hoppingPlaces(shape: Shape, versions: Version[], touched: number[], from: number, to: number): Place[] {
  const starts = [...new Set(touched.flatMap((time) => startsAt(shape, time)))].sort((a, b) => a - b)
  return starts.flatMap((start) => {
    const end = start + shape.size
    const rows = versions.filter((v) => v.time >= start && v.time < end && !droppedFrom(shape, v, end))
    const closing = tickOf(end)
    const ticks = new Set(changes(rows, from, to).filter((tick) => tick > closing || (shape.early && tick < end)))
    if (end > from && end <= to) ticks.add(closing)
    return [...ticks]
      .sort((a, b) => a - b)
      .map((tick): Place => ({ start, end, tick, at: tick === closing ? end : tick, step: stepOf(tick, closing), corrected: isCorrected(rows, tick) }))
  })
}

/**
 * A row is judged once, at its own time, over what came before it; one that took effect later at its tick, and one that was ended once more at
 * that tick. A touched time changes the windows of the rows that follow it within `size` only if they have not been judged yet.
 */
function rollingPlaces(shape: Shape, versions: Version[], touched: number[], from: number, to: number): Place[] {
  const places = new Map<string, Place>()
  const place = (time: number, tick: number, at: number, step: Step) => {
    if (tick <= from || tick > to) return
    const gone = !versions.some((v) => v.time === time && v.born <= tick && v.died > tick)
    if (gone && step === 'end') return
    places.set(`${time}/${tick}`, { start: time - shape.size, end: time, tick, at, step, corrected: true, ...(gone && { gone }) })
  }
  for (const v of versions) {
    if (v.born >= v.died || droppedFrom(shape, v, v.time)) continue
    const due = tickOf(v.time)
    if (v.born <= due) {
      if (touched.some((time) => time >= v.time - shape.size && time <= v.time)) place(v.time, due, v.time, 'end')
    } else place(v.time, v.born, v.born, 'after')
    if (Number.isFinite(v.died) && v.died > due) place(v.time, v.died, v.died, 'after')
  }
  return [...places.values()].sort((a, b) => a.tick - b.tick || a.start - b.start)
}

type Session = { start: number; end: number; rows: Version[] }

/** Walks the ticks in which the rows changed, and the ends that lie between them. A session whose start is no more is gone. */
function sessionPlaces(shape: Shape, all: Version[], touched: number[], from: number, to: number): Place[] {
  const places: Place[] = []
  for (const versions of regions(shape, all, touched, from)) {
    let standing = sessionsAt(shape, versions, from)
    const ends = (until: number) => {
      for (const s of standing) {
        const tick = tickOf(s.end)
        if (tick > last && tick < until && tick <= to) places.push(placeOf(versions, s, tick))
      }
    }
    let last = from
    for (const tick of changes(versions, from, to)) {
      ends(tick)
      const now = sessionsAt(shape, versions, tick)
      const before = new Map(standing.map((s) => [s.start, s]))
      for (const s of now) {
        const was = before.get(s.start)
        before.delete(s.start)
        const same = was !== undefined && was.rows.length === s.rows.length && was.rows.every((row, i) => row === s.rows[i])
        const closing = tickOf(s.end)
        if (closing === tick || (!same && (tick > closing || shape.early))) places.push(placeOf(versions, s, tick))
      }
      for (const s of before.values()) places.push({ ...placeOf(versions, s, tick), corrected: true, gone: true })
      standing = now
      last = tick
    }
    ends(Infinity)
  }
  return places.sort((a, b) => a.tick - b.tick || a.start - b.start)
}

/** Whether no session of these rows ends after `tick`. */
export function allEnded(shape: Shape, versions: Version[], tick: number): boolean {
  return sessionsAt(shape, versions, tick).every((s) => s.end <= tick)
}

/** The sessions of one key at a tick; `versions` in order of time. */
export function sessionsAt(shape: Shape, versions: Version[], tick: number): Session[] {
  const sessions: Session[] = []
  for (const v of versions) {
    if (v.born > tick || v.died <= tick || droppedFrom(shape, v, v.time + shape.gap)) continue
    const open = sessions.at(-1)
    if (open === undefined || v.time >= open.end) sessions.push({ start: v.time, end: v.time + shape.gap, rows: [v] })
    else {
      open.end = v.time + shape.gap
      open.rows.push(v)
    }
  }
  return sessions
}

/** Runs of rows, in order of time, that no version ever joined to others; those that were touched or that may have an open session. */
function regions(shape: Shape, versions: Version[], touched: number[], from: number): Version[][] {
  const runs: Version[][] = []
  let end = -Infinity
  for (const v of [...versions].sort((a, b) => a.time - b.time || a.born - b.born)) {
    if (v.time >= end) runs.push([])
    runs.at(-1)?.push(v)
    end = v.time + shape.gap
  }
  return runs.filter((run) => {
    const [low, high] = [run[0]?.time ?? 0, (run.at(-1)?.time ?? 0) + shape.gap]
    return high > from || touched.some((time) => time >= low && time < high)
  })
}

/** The ticks in (from, to] in which rows come into force or go out of it. */
function changes(rows: Version[], from: number, to: number): number[] {
  const ticks = new Set<number>()
  for (const { born, died } of rows) {
    if (born >= died) continue
    if (born > from && born <= to) ticks.add(born)
    if (died > from && died <= to && Number.isFinite(died)) ticks.add(died)
  }
  return [...ticks].sort((a, b) => a - b)
}

function droppedFrom(shape: Shape, v: Version, end: number): boolean {
  return shape.state && shape.late === 'drop' && v.first && v.born > tickOf(end)
}

/** A session closes in the tick of its end: until then a row before that end may come into force and carry it on. */
function placeOf(versions: Version[], { start, end }: Session, tick: number): Place {
  const closing = tickOf(end)
  const rows = versions.filter((v) => v.time >= start && v.time < end)
  return { start, end, tick, at: tick === closing ? end : tick, step: stepOf(tick, closing), corrected: isCorrected(rows, tick) }
}

function isCorrected(rows: Version[], tick: number): boolean {
  return rows.some((v) => v.born < v.died && (v.died <= tick || (v.born <= tick && (!v.first || v.born > tickOf(v.time)))))
}

function stepOf(tick: number, end: number): Step {
  return tick < end ? 'before' : tick === end ? 'end' : 'after'
}
