/** How `lookthrough tail` writes an alert. */
import type { FeedAlert } from '../../client/index.ts'
import { subjectKey } from '../../contract/alert.ts'
import { type Language, LookthroughError } from '../../contract/errors.ts'

/** Text for one alert, with its line end. */
export type Writer = { head: string; line(alert: FeedAlert): string }

const WIDTHS = [24, 8, 6, 11, 24, 8]
const HEAD = ['at', 'severity', 'rule', 'institution', 'subject', 'kind', 'says']
const ESCAPES: Record<string, string> = { n: '\n', t: '\t', '\\': '\\' }

/** `table`, `json` (the revision, and its kind and cursor, one per line), or a pattern such as `%t %s %r %v\n`. Throws LT-1027. */
export function writerFor(output: string, language: Language): Writer {
  if (output === 'json') return { head: '', line: ({ event: _event, conflated: _conflated, ...alert }) => `${JSON.stringify(alert)}\n` }
  if (output === 'table') return { head: columns(HEAD), line: (alert) => columns(cells(alert, language)) }
  return { head: '', line: pattern(output, language) }
}

function cells(alert: FeedAlert, language: Language): string[] {
  return [alert.at, alert.severity, alert.rule.code, alert.institution, subjectKey(alert.subject), alert.kind, alert.says[language]]
}

function columns(texts: string[]): string {
  return `${texts
    .map((text, k) => text.padEnd(WIDTHS[k] ?? 0))
    .join('  ')
    .trimEnd()}\n`
}

/** What stands for each verb. */
const VERBS: Record<string, (alert: FeedAlert, language: Language) => string> = {
  t: (a) => a.at,
  s: (a) => a.severity,
  r: (a) => a.rule.code,
  i: (a) => a.institution,
  o: (a) => subjectKey(a.subject),
  k: (a) => a.kind,
  v: (a) =>
    Object.entries(a.values)
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
  m: (a, language) => a.says[language],
  d: (a) => a.id,
  n: (a) => String(a.revision),
  c: (a) => a.cursor ?? '',
  '%': () => '%',
}

function pattern(text: string, language: Language): (alert: FeedAlert) => string {
  const parts = [...text.matchAll(/%(.?)|\\([nt\\])|[^%\\]+|\\/gs)].map(([whole, verb, escape]) => {
    if (escape !== undefined) return ESCAPES[escape] ?? whole
    if (verb === undefined) return whole
    const write = VERBS[verb]
    if (write === undefined) throw new LookthroughError('LT-1027', { command: 'tail', why: `-o ${whole}: %${Object.keys(VERBS).join(' %')}, table, json` })
    return write
  })
  return (alert) => parts.map((part) => (typeof part === 'string' ? part : part(alert, language))).join('')
}
