/** A page per rule that a lawyer can print: what it says, its law, its numbers, what it does not see, its cases, and the record itself. */
import { Marked } from 'marked'
import { stringify } from 'yaml'
import { boundsOf, type Case, type Parameter, type Rule, ruleHash } from '../../contract/index.ts'
import type { Severity } from '../../contract/rule.ts'
import { type MessageKey, say } from '../../messages/index.ts'
import { both, escape, link, type Markup, page, row } from './html.ts'
import { lineageOf } from './lineage.ts'
import { lineagePicture } from './picture.ts'

/** Markup within a law's text is shown as it is written. */
const MARKDOWN = new Marked({ renderer: { html: ({ text }) => escape(text) } })

export function rulePage(rule: Rule, { law, cases }: { law: string; cases: readonly Case[] }): string {
  const sections: [key: MessageKey, body: string][] = [
    ['docs.says', `<div class="says">${both(rule.says).markup}</div>`],
    ['docs.advice', `<p>${both(rule.advice).markup}</p>`],
    ['docs.law', lawTable(rule)],
    ['docs.parameters', parameterTable(rule)],
    ['docs.logic', `<pre>${escape(logicOf(rule))}</pre>`],
    ['docs.lineage', lineagePicture(rule.code, rule.title.zh, lineageOf(rule)) || `<p>${heading('docs.noFields')}</p>`],
    ['docs.gaps', `<ul>${rule.gaps.map((gap) => `<li>${both(gap).markup}</li>`).join('')}</ul>`],
    ['docs.cases', `<ul>${cases.map((c) => `<li><span class="badge">${heading(`docs.${c.kind}`)}</span> ${escape(c.name)}</li>`).join('')}</ul>`],
    ['docs.lawText', MARKDOWN.parse(law.replace(/^# .*\n/, ''), { async: false })],
  ]
  return page(
    `${rule.code} ${rule.title.zh}`,
    `<nav><a href="../index.html">${heading('docs.catalogue')}</a></nav>
<h1>${escape(rule.code)} ${escape(rule.title.zh)}</h1>
<p class="en" lang="en">${escape(rule.title.en)}</p>
<p>${severitiesOf(rule).map(badge).join(' ')} <code>${escape(rule.id)}</code> ${escape(rule.version)} · <code>${ruleHash(rule).slice(0, 23)}…</code></p>
${sections.map(([key, body]) => `<h2>${heading(key)}</h2>\n${body}`).join('\n')}`,
  )
}

export function headRow(...keys: MessageKey[]): string {
  return row(
    keys.map((key) => ({ markup: heading(key) })),
    'th',
  )
}

/** A heading in both languages. */
export function heading(key: MessageKey): string {
  return `${escape(say(key, 'zh'))} <span lang="en" class="en">${escape(say(key, 'en'))}</span>`
}

const LADDER: readonly Severity[] = ['red', 'orange', 'yellow', 'blue']

/** The severities an alert of it may have, the worst first. */
export function severitiesOf(rule: Rule): readonly Severity[] {
  if (rule.kind === 'limit' && rule.ladder === 'entered') return ['blue']
  if (rule.kind === 'limit' || rule.kind === 'ratio') return LADDER
  const grades = gradesOf(rule)
  return LADDER.filter((severity) => grades.includes(severity))
}

function gradesOf(rule: Exclude<Rule, { kind: 'limit' | 'ratio' }>): Severity[] {
  if (rule.kind === 'graph') return rule.grades.map((g) => g.severity)
  if (rule.kind === 'metric') return ('to' in rule.against ? rule.against.below : rule.against.falls).map((g) => g.severity)
  return [rule.severity, ...('graver' in rule ? (rule.graver ?? []) : []).map((g) => g.severity)]
}

export function badge(severity: Severity): string {
  return `<span class="badge ${severity}">${escape(say(`docs.${severity}`, 'zh'))} ${severity}</span>`
}

function lawTable({ law }: Rule): string {
  const head = headRow('docs.act', 'docs.article', 'docs.inForce', 'docs.verified')
  const rows = law.map((l) => row([l.act, l.article, dated(l.inForce), { markup: heading(l.verified ? 'docs.yes' : 'docs.no') }]))
  return `<table>${head}${rows.join('')}</table>`
}

/** A day, in one line. */
export function dated(day: string): Markup {
  return { markup: `<span class="date">${escape(day)}</span>` }
}

function parameterTable({ code, parameters }: Rule): string {
  const all = Object.entries(parameters)
  if (all.length === 0) return `<p>${heading('docs.none')}</p>`
  const head = headRow('docs.parameter', 'docs.value', 'docs.unit', 'docs.bounds')
  return `<table>${head}${all.map(([name, p]) => row([inCode(`${code}.${name}`), String(p.value), unitOf(p), boundsOf(p).join(p.type === 'choice' ? ', ' : ' – ')])).join('')}</table>`
}

function inCode(text: string): Markup {
  return { markup: `<code>${escape(text)}</code>` }
}

/** A unit that has no words here is shown as the rule writes it. */
function unitOf(p: Parameter): Markup | string {
  const unit = p.type === 'count' ? p.unit : p.type
  return unit in UNITS ? { markup: heading(UNITS[unit as keyof typeof UNITS]) } : unit
}

const UNITS = {
  accounts: 'docs.unit.accounts',
  amount: 'docs.unit.amount',
  choice: 'docs.unit.choice',
  count: 'docs.unit.count',
  days: 'docs.unit.days',
  duration: 'docs.unit.duration',
  hops: 'docs.unit.hops',
  layers: 'docs.unit.layers',
  minutes: 'docs.unit.minutes',
  parties: 'docs.unit.parties',
  pledges: 'docs.unit.pledges',
  ratio: 'docs.unit.ratio',
  words: 'docs.unit.words',
} as const satisfies Record<string, MessageKey>

/** The record without what people read elsewhere on the page. */
function logicOf(rule: Rule): string {
  const {
    code: _code,
    id: _id,
    version: _version,
    title: _title,
    law: _law,
    says: _says,
    advice: _advice,
    gaps: _gaps,
    parameters: _parameters,
    ...logic
  } = rule
  return stringify(logic, { lineWidth: 0 }).trimEnd()
}

/** The rule by its code, in a list of the same folder or another. */
export function linkTo({ code }: Pick<Rule, 'code'>, folder: string): Markup {
  return link(`${folder}${code}.html`, code)
}
