/** The catalogue's first page: all rules, the index of provisions, and which field of which topic reaches which rule. */
import type { EventType } from '../../contract/index.ts'
import type { Rule } from '../../contract/rule.ts'
import { say } from '../../messages/index.ts'
import type { Clause } from './clauses.ts'
import { both, escape, page, row } from './html.ts'
import { lineageOf } from './lineage.ts'
import { badge, dated, heading, headRow, linkTo, severitiesOf } from './rule-page.ts'

export function indexPage(rules: readonly Rule[], clauses: readonly Clause[]): string {
  const open = clauses.filter((c) => c.rules.length === 0).length
  return page(
    say('docs.catalogue', 'zh'),
    `<h1>${heading('docs.catalogue')}</h1>
<p>${escape(say('docs.counts', 'zh', { rules: rules.length, clauses: clauses.length - open, open }))}<br>
<span class="en" lang="en">${escape(say('docs.counts', 'en', { rules: rules.length, clauses: clauses.length - open, open }))}</span></p>
<h2>${heading('docs.rules')}</h2>
<table>${rules.map((rule) => row([linkTo(rule, 'rules/'), both(rule.title), { markup: severitiesOf(rule).map(badge).join(' ') }])).join('')}</table>
<h2>${heading('docs.clauses')}</h2>
<table>${headRow('docs.act', 'docs.article', 'docs.inForce', 'docs.rules')}${clauses.map(clauseRow).join('')}</table>
<h2>${heading('docs.lineage')}</h2>
<table>${lineageRows(rules).join('')}</table>`,
  )
}

function clauseRow({ act, article, inForce = '–', rules, about, catalogue }: Clause): string {
  const of = about === undefined ? article : { markup: `${escape(article)}<br>${both(about).markup}` }
  const by =
    rules.length > 0 ? rules.map((code) => linkTo({ code }, 'rules/').markup).join(' ') : `<span class="open">${heading('docs.open')} ${catalogue ?? ''}</span>`
  return row([act, of, dated(inForce), { markup: by }])
}

function lineageRows(rules: readonly Rule[]): string[] {
  const reached = new Map<EventType, Map<string, string[]>>()
  for (const rule of rules)
    for (const [topic, fields] of lineageOf(rule)) {
      const of = reached.get(topic) ?? new Map<string, string[]>()
      reached.set(topic, of)
      for (const field of fields) of.set(field, [...(of.get(field) ?? []), rule.code])
    }
  const sorted = [...reached].sort(([a], [b]) => a.localeCompare(b))
  return sorted.flatMap(([topic, fields]) =>
    [...fields].map(([field, codes], i) => row([i === 0 ? topic : '', field, { markup: codes.map((code) => linkTo({ code }, 'rules/').markup).join(' ') }])),
  )
}
