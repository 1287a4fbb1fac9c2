/**
 * Windows that late rows, corrections and deletions touch. Which rows of which keys are touched stands in `engine.touched` until every window that
 * holds them has closed; those windows, and no others, are judged from the rows themselves at every tick in which they changed.
 */
import type { Windowed } from '../../../contract/finding.ts'
import type { Judged } from './exact.ts'
import { findingOf, type Judging, type Key } from './judge.ts'
import { allEnded, type Place, placesOf, type Version } from './points.ts'
import { touchedRows, versionedRows } from './rows.ts'
import { double } from './shape.ts'

export class Corrections {
  readonly #part: Judging
  #standing = 0

  constructor(part: Judging) {
    this.#part = part
  }

  async restore(): Promise<void> {
    await this.#count()
  }

  /** Takes in what came in (from, to]; whether any window is touched now. */
  async note(from: number, to: number): Promise<boolean> {
    const { db, source, rule, shape } = this.#part
    const touched = touchedRows(source, rule, shape, from, to)
    if (touched !== undefined) {
      const result = await db.connection.run(`INSERT INTO engine.touched SELECT '${rule.code}', institution, k, time FROM (${touched})`)
      if (result.rowsChanged > 0) await this.#count()
    }
    return this.#standing > 0
  }

  async check(from: number, to: number): Promise<Windowed[]> {
    if (this.#standing === 0) return []
    const { shape, exact } = this.#part
    const findings: Windowed[] = []
    const done: [string, string][] = []
    const due: { institution: string; key: string; place: Place }[] = []
    const touched = await this.#touched()
    for (const [name, versions] of await this.#versions(touched)) {
      const [institution = '', key = ''] = JSON.parse(name) as string[]
      for (const place of placesOf(shape, versions, touched.get(name) ?? [], from, to)) due.push({ institution, key, place })
      if (shape.kind === 'session' && allEnded(shape, versions, to)) done.push([institution, key])
    }
    const points = due.map(({ institution, key, place }) => ({ institution, key, start: place.start, end: place.end, tick: place.tick }))
    const judged = await exact.judge(points)
    points.forEach((point, i) => {
      const [of, place] = [judged[i], due[i]?.place]
      if (of === undefined || place === undefined) return
      const now: Judged = place.gone === true ? { ...of, hit: false } : of
      findings.push(findingOf(this.#part, point, now, place.step, place.at, place.corrected))
    })
    await this.#forget(done, to)
    return findings
  }

  /** The keys of touched rows. */
  async keys(): Promise<Key[]> {
    const rows = await this.#part.db.rows(`SELECT DISTINCT institution, k FROM engine.touched WHERE code = '${this.#part.rule.code}'`)
    return rows.map(([institution, k]) => ({ institution: String(institution), key: String(k) }))
  }

  /** Touched times per key. */
  async #touched(): Promise<Map<string, number[]>> {
    const times = new Map<string, number[]>()
    for (const [institution, k, time] of await this.#part.db.rows(
      `SELECT DISTINCT institution, k, time FROM engine.touched WHERE code = '${this.#part.rule.code}'`,
    )) {
      const name = JSON.stringify([institution, k])
      const known = times.get(name)
      if (known === undefined) times.set(name, [Number(time)])
      else known.push(Number(time))
    }
    return times
  }

  /** All rows near touched ones, in order of time, per key; of a session, all of the key. */
  async #versions(touched: Map<string, number[]>): Promise<Map<string, Version[]>> {
    const { db, source, rule, shape } = this.#part
    const mine = `SELECT institution, k, time FROM engine.touched WHERE code = '${rule.code}'`
    const [low, high] = shape.kind === 'session' ? [-Infinity, Infinity] : rangeOf(touched, shape.reach)
    const rows = versionedRows(source, rule, shape, low, high, mine)
    const near =
      shape.kind === 'session' ? '' : ` SEMI JOIN (${mine}) t ON t.institution = v.institution AND t.k = v.k AND abs(t.time - v.time) <= ${shape.reach}`
    const versions = new Map<string, Version[]>([...touched.keys()].map((name) => [name, []]))
    for (const [institution, k, time, born, died, first] of await db.rows(
      `SELECT institution, k, time, born, died, op = 'upsert' FROM (${rows}) v${near} ORDER BY time, born`,
    ))
      versions.get(JSON.stringify([institution, k]))?.push({ time: Number(time), born: Number(born), died: Number(died), first: first === true })
    return versions
  }

  /** What is touched stays so until the windows that hold it have closed; what comes later says so itself. */
  async #forget(ended: [string, string][], to: number): Promise<void> {
    const { db, rule, shape } = this.#part
    if (shape.kind === 'session') {
      if (ended.length === 0) return
      const keys = ended.map(([institution, k]) => `('${institution.replaceAll("'", "''")}', '${k.replaceAll("'", "''")}')`)
      await db.run(`DELETE FROM engine.touched WHERE code = '${rule.code}' AND (institution, k) IN (${keys.join(', ')})`)
    } else await db.run(`DELETE FROM engine.touched WHERE code = '${rule.code}' AND time + ${shape.reach} <= ${double(to)}`)
    await this.#count()
  }

  async #count(): Promise<void> {
    this.#standing = Number((await this.#part.db.rows(`SELECT count(*) FROM engine.touched WHERE code = '${this.#part.rule.code}'`))[0]?.[0] ?? 0)
  }
}

function rangeOf(touched: Map<string, number[]>, reach: number): [number, number] {
  let [low, high] = [Infinity, -Infinity]
  for (const times of touched.values())
    for (const time of times) {
      low = Math.min(low, time)
      high = Math.max(high, time)
    }
  return [low - reach, high + reach + 1]
}
