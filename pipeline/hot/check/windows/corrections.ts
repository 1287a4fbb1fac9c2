/**
 * Windows that late rows, corrections and deletions touch. Which rows of which keys are touched is known until every window that holds them has closed;
 * those windows, and no others, are judged from the rows themselves at every tick in which they changed.
 */
import type { Windowed } from '../../../contract/finding.ts'
import type { Judged } from './exact.ts'
import { findingOf, type Judging } from './judge.ts'
import { allEnded, type Place, placesOf, type Version } from './points.ts'
import { touchedRows, versionedRows } from './rows.ts'
import type { TouchedKey } from './touched.ts'

export class Corrections {
  readonly #part: Judging

  constructor(part: Judging) {
    this.#part = part
  }

  /** Takes in what came in (from, to]; whether any window is touched now. */
  async note(from: number, to: number): Promise<boolean> {
    const { touched } = this.#part
    const rows = touchedRows(this.#part, from, to)
    if (rows !== undefined) await touched.add(rows)
    return touched.any
  }

  async check(from: number, to: number): Promise<Windowed[]> {
    const { shape, exact, touched } = this.#part
    if (!touched.any) return []
    const findings: Windowed[] = []
    const ended: TouchedKey[] = []
    const due: { of: TouchedKey; place: Place }[] = []
    const versions = await this.#versions()
    for (const of of touched.keys()) {
      const rows = versions.get(JSON.stringify([of.institution, of.key])) ?? []
      for (const place of placesOf(shape, rows, [...of.times], from, to)) due.push({ of, place })
      if (shape.kind === 'session' && allEnded(shape, rows, to)) ended.push(of)
    }
    const points = due.map(({ of, place }) => ({ institution: of.institution, key: of.key, start: place.start, end: place.end, tick: place.tick }))
    const judged = await exact.judge(points)
    points.forEach((point, i) => {
      const [of, place] = [judged[i], due[i]?.place]
      if (of === undefined || place === undefined) return
      const now: Judged = place.gone === true ? { ...of, hit: false } : of
      findings.push(findingOf(this.#part, point, now, place.step, place.at, place.corrected))
    })
    // What is touched stays so until the windows that hold it have closed; what comes later says so itself.
    await (shape.kind === 'session' ? touched.forgetKeys(ended) : touched.forgetUntil(to - shape.reach))
    return findings
  }

  /** All rows near touched ones, in order of time, per key; of a session, all of the key. */
  async #versions(): Promise<Map<string, Version[]>> {
    const { db, rule, shape, touched } = this.#part
    const mine = `SELECT institution, k, time FROM engine.touched WHERE code = '${rule.code}'`
    const session = shape.kind === 'session'
    const [low, high] = session ? [-Infinity, Infinity] : rangeOf(touched.keys(), shape.reach)
    const rows = versionedRows(this.#part, low, high, ['op'], session ? mine : undefined)
    const near = session ? '' : ` SEMI JOIN (${mine}) t ON t.institution = v.institution AND t.k = v.k AND abs(t.time - v.time) <= ${shape.reach}`
    const versions = new Map<string, Version[]>()
    for (const [institution, k, time, born, died, first] of await db.rows(
      `SELECT institution, k, time, born, died, op = 'upsert' FROM (${rows}) v${near} ORDER BY time, born`,
    )) {
      const name = JSON.stringify([institution, k])
      const version = { time: Number(time), born: Number(born), died: Number(died), first: first === true }
      const known = versions.get(name)
      if (known === undefined) versions.set(name, [version])
      else known.push(version)
    }
    return versions
  }
}

function rangeOf(touched: Iterable<TouchedKey>, reach: number): [number, number] {
  let [low, high] = [Infinity, -Infinity]
  for (const { times } of touched)
    for (const time of times) {
      low = Math.min(low, time)
      high = Math.max(high, time)
    }
  return [low - reach, high + reach + 1]
}
