/** Which windows of a key are judged when, and over which rows: hopping, session and rolling ones, straight from docs/decisions/0005. */
import type { WindowRule } from '../../pipeline/contract/index.ts'
import { tickOf } from './arrivals.ts'
import { changes, durationOf, inForce, isDropped, type Row } from './rows.ts'

/** A window judged at a tick over `rows`. `at` is the tick, or the window's end. `gone`: nothing makes this window any more. */
export type Judgement = { start: number; end: number; tick: number; at: number; step: 'before' | 'end' | 'after'; rows: Row[]; gone: boolean }

export type Shape = {
  judgements: Judgement[]
  /** The window that starts there, as it is at a tick. */
  windowAt(start: number, tick: number): { end: number; rows: Row[] }
}

const SHANGHAI_MIDNIGHT_MS = -8 * 3_600_000

export function shapeOf(rule: WindowRule, rows: Row[]): Shape {
  if (rule.window.kind === 'session') return sessions(rule, rows, durationOf(rule, rule.window.gap), rule.window.early)
  if (rule.window.kind === 'rolling') return rolling(rule, rows, durationOf(rule, rule.window.size))
  const { size, every, early, calendar } = rule.window
  return hopping(rule, rows, durationOf(rule, size), durationOf(rule, every), calendar === undefined ? 0 : SHANGHAI_MIDNIGHT_MS, early)
}

function stepOf(tick: number, closing: number): Judgement['step'] {
  return tick < closing ? 'before' : tick === closing ? 'end' : 'after'
}

function within(rule: WindowRule, rows: Row[], start: number, end: number, tick: number): Row[] {
  return inForce(
    rule,
    rows.filter((r) => r.time >= start && r.time < end),
    tick,
    () => end,
  )
}

function hopping(rule: WindowRule, rows: Row[], size: number, every: number, origin: number, early: boolean): Shape {
  const starts = new Set<number>()
  for (const { time } of rows) for (let s = Math.floor((time - origin) / every) * every + origin; s + size > time; s -= every) starts.add(s)
  const judgements = [...starts].flatMap((start) => {
    const end = start + size
    const inside = rows.filter((r) => r.time >= start && r.time < end && !isDropped(rule, r, end))
    if (inside.length === 0) return []
    const closing = tickOf(end)
    const due = changes(inside).filter((tick) => tick > closing || (early && tick < closing))
    return [...due, closing].map((tick): Judgement => {
      const step = stepOf(tick, closing)
      return { start, end, tick, at: step === 'end' ? end : tick, step, rows: within(rule, inside, start, end, tick), gone: false }
    })
  })
  return { judgements, windowAt: (start, tick) => ({ end: start + size, rows: within(rule, rows, start, start + size, tick) }) }
}

/** The rows in force at a tick, cut where their distance is `gap` or more. */
function sessionsAt(rule: WindowRule, rows: Row[], gap: number, tick: number): { start: number; end: number; rows: Row[] }[] {
  const cut: { start: number; end: number; rows: Row[] }[] = []
  for (const row of inForce(rule, rows, tick, (r) => r.time + gap).sort((a, b) => a.time - b.time)) {
    const last = cut.at(-1)
    if (last === undefined || row.time >= last.end) cut.push({ start: row.time, end: row.time + gap, rows: [row] })
    else {
      last.end = row.time + gap
      last.rows.push(row)
    }
  }
  return cut
}

function sessions(rule: WindowRule, rows: Row[], gap: number, early: boolean): Shape {
  const judgements: Judgement[] = []
  const ticks = changes(rows)
  ticks.forEach((tick, i) => {
    const before = i === 0 ? [] : sessionsAt(rule, rows, gap, ticks[i - 1] ?? 0)
    const now = sessionsAt(rule, rows, gap, tick)
    const next = ticks[i + 1] ?? Infinity
    for (const s of now) {
      const was = before.find((b) => b.start === s.start)
      const changed = was === undefined || was.rows.length !== s.rows.length || s.rows.some((row) => !was.rows.includes(row))
      const closing = tickOf(s.end)
      if (changed && ((early && tick < closing) || tick > closing)) judgements.push({ ...s, tick, at: tick, step: stepOf(tick, closing), gone: false })
      // Nothing changes before the next tick: a session that closes until then closes as it is now.
      if (closing >= tick && closing < next) judgements.push({ ...s, tick: closing, at: s.end, step: 'end', gone: false })
    }
    for (const b of before) {
      if (now.some((s) => s.start === b.start)) continue
      const closing = tickOf(b.end)
      const at = tick === closing ? b.end : tick
      judgements.push({ ...b, tick, at, step: stepOf(tick, closing), gone: true, rows: inForce(rule, rowsIn(rows, b), tick, (r) => r.time + gap) })
    }
  })
  return {
    judgements,
    windowAt(start, tick) {
      const found = sessionsAt(rule, rows, gap, tick).find((s) => s.start === start)
      if (found === undefined) throw new Error('a session on show is there')
      return found
    },
  }
}

function rowsIn(rows: Row[], { start, end }: { start: number; end: number }): Row[] {
  return rows.filter((r) => r.time >= start && r.time < end)
}

/**
 * What came before each row; rows at one time have one window. It is judged at that time, and once more whenever a row at that time comes into force or
 * goes out of it later.
 */
function rolling(rule: WindowRule, rows: Row[], size: number): Shape {
  const times = new Set(rows.map((r) => r.time))
  const judgements = [...times].flatMap((time) => {
    const [start, due] = [time - size, tickOf(time)]
    const heads = rows.filter((r) => r.time === time && !isDropped(rule, r, time))
    const later = changes(heads).filter((tick) => tick > due)
    return [due, ...later].flatMap((tick): Judgement[] => {
      const gone = inForce(rule, heads, tick, () => time).length === 0
      if (gone && tick === due) return []
      const step = tick === due ? 'end' : 'after'
      return [{ start, end: time, tick, at: tick === due ? time : tick, step, rows: within(rule, rows, start, time, tick), gone }]
    })
  })
  return { judgements, windowAt: (start, tick) => ({ end: start + size, rows: within(rule, rows, start, start + size, tick) }) }
}
