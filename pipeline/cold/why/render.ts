/** An explanation as lines for a person. */
import type { Language } from '../../contract/errors.ts'
import { EVERYONE } from '../../contract/rule.ts'
import { type MessageKey, say } from '../../messages/index.ts'
import type { ParameterUsed, Why } from './why.ts'
import type { Step } from './step.ts'

export function linesOf(why: Why, language: Language): string[] {
  const { rule, parameters, events, steps, stop, path, law, disclosure, mode } = why
  const { code, version, title, hash } = rule
  const subject = [why.subject.kind, why.subject.id, why.subject.part].filter((part) => part !== undefined).join(':')
  const head = { code, version, title: title[language], hash: hash.slice(0, 19), institution: why.institution, subject, at: why.at }
  return [
    say('why.head', language, head),
    outcome(why, language),
    ...section(
      'why.parameters',
      parameters.map((p) => parameterLine(p, language)),
      language,
    ),
    ...section(
      'why.events',
      events.map((e) => say('why.event', language, { ...e, time: e.time ?? '–' })),
      language,
      { count: why.eventCount },
    ),
    ...section('why.refused', refusedLines(why, language), language),
    ...section(
      'why.path',
      path.map((s) => say('why.step', language, { from: s.from ?? '', to: s.to ?? '', kind: s.kind, amount: s.amount ?? '' })),
      language,
    ),
    ...section(
      'why.judged',
      steps.map((step) => stepLine(step, language)),
      language,
    ),
    ...section('why.stop', stop === null ? [] : [stepLine(stop, language)], language),
    say(`why.disclosure.${disclosure}`, language, { mode }),
    ...section(
      'why.law',
      law.map((l) => `${l.act} ${l.article} · ${l.inForce}${l.verified ? '' : ` · ${say('rules.unverified', language)}`}`),
      language,
    ),
  ]
}

function section(key: MessageKey, lines: readonly string[], language: Language, facts: Record<string, number> = {}): string[] {
  return lines.length === 0 ? [] : [say(key, language, facts), ...lines.map((line) => `  ${line}`)]
}

function outcome({ outcome: of, alert }: Why, language: Language): string {
  if (of === 'quiet' || alert === null) return say('why.quiet', language)
  const { id, revision, severity, band, at } = alert
  return say(`why.${of}`, language, { id, revision, severity: say(`docs.${severity}`, language), band: band === null ? '' : ` ${band}`, when: at })
}

function parameterLine({ name, value, unit, bounds, from, override }: ParameterUsed, language: Language): string {
  const facts = { name, value, unit: unit === '' ? '' : ` ${unit}`, bounds: bounds.length === 0 ? '' : `  [${bounds.join(', ')}]` }
  if (override === undefined) return say(`why.parameter.${from}`, language, facts)
  const { institution, from: since, to, reason, approvedBy, source } = override
  const always = say('why.always', language)
  const who = institution === EVERYONE ? say('why.everyone', language) : institution
  return say('why.parameter.override', language, { ...facts, institution: who, from: since ?? always, to: to ?? always, reason, approvedBy, source })
}

function refusedLines({ refused: { late, dead } }: Why, language: Language): string[] {
  return [...late.map((l) => say('why.late', language, l)), ...dead.map((d) => say('why.dead', language, d))]
}

function stepLine({ kind, holds, facts }: Step, language: Language): string {
  const mark = holds === undefined ? '·' : holds ? '✓' : '✗'
  const answer = holds === undefined ? '' : say(holds ? 'why.yes' : 'why.no', language)
  return `${mark} ${say(`why.${kind}`, language, { ...facts, answer })}`
}
