/** What differs between two runs over the same log, said so that a person sees it. */
import { type Alert, canonicalJson, digestLine, type PublishedAlert } from '../../pipeline/contract/index.ts'
import type { Counts } from '../reference/arrivals.ts'

type Run = { alerts: readonly PublishedAlert[]; counts: readonly Counts[] }

/** The first differing alert of each rule, and partitions whose books differ; empty when all is equal. */
export function differences(name: string, got: Run, expected: Run): string[] {
  const books = expected.counts.flatMap((want, p) => {
    const [a, b] = [JSON.stringify(got.counts[p]), JSON.stringify(want)]
    return a === b ? [] : [`${name}: books of partition ${p}: got ${a}, expected ${b}`]
  })
  const [ours, theirs] = [linesOf(got.alerts), linesOf(expected.alerts)]
  const names = [...new Set([...theirs.keys(), ...ours.keys()])]
  const wrong = names.filter((n) => ours.get(n)?.line !== theirs.get(n)?.line)
  const firsts = new Map<string, string>()
  for (const n of wrong) {
    const alert = theirs.get(n)?.alert ?? ours.get(n)?.alert
    const at = (of: string) => (theirs.get(of)?.alert ?? ours.get(of)?.alert)?.at ?? ''
    const code = alert?.rule.code ?? ''
    const first = firsts.get(code)
    if (first === undefined || at(n) < at(first)) firsts.set(code, n)
  }
  const count = (code: string) => wrong.filter((n) => (theirs.get(n)?.alert ?? ours.get(n)?.alert)?.rule.code === code).length
  return [...books, ...[...firsts].map(([code, n]) => `${name}: ${code}, ${count(code)} differ; first\n${told(ours.get(n)?.alert, theirs.get(n)?.alert)}`)]
}

function linesOf(alerts: readonly PublishedAlert[]): Map<string, { line: string; alert: Alert }> {
  const lines = new Map<string, { line: string; alert: Alert }>()
  for (const alert of alerts) {
    const name = `${alert.id}/${alert.revision}`
    const known = lines.get(name)
    lines.set(name, { line: (known === undefined ? '' : `${known.line}\n`) + digestLine(alert), alert })
  }
  return lines
}

function told(got: Alert | undefined, expected: Alert | undefined): string {
  if (got === undefined || expected === undefined) return `  expected ${brief(expected)}\n  got      ${brief(got)}`
  const keys = Object.keys(expected) as (keyof Alert)[]
  const wrong = keys.filter((k) => canonicalJson(got[k]) !== canonicalJson(expected[k]))
  return [
    `  ${brief(expected)}`,
    ...wrong.flatMap((k) => [`  ${k}: expected ${canonicalJson(expected[k])}`, `  ${' '.repeat(k.length)}       got ${canonicalJson(got[k])}`]),
  ].join('\n')
}

function brief(alert: Alert | undefined): string {
  if (alert === undefined) return 'nothing'
  const window = alert.window === null ? '' : ` ${alert.window.start.slice(11, 23)}–${alert.window.end.slice(11, 23)}`
  return `${alert.rule.code} ${alert.institution} ${alert.subject.id} ${alert.at.slice(11, 23)} revision ${alert.revision} ${alert.state}${window} ${JSON.stringify(alert.values)} ${alert.id}`
}
