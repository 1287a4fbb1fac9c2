/** What goes out: one object per revision of an alert. */
import { createHash } from 'node:crypto'
import Type, { type Static } from 'typebox'
import { canonicalJson } from './json.ts'
import { compareText } from './text.ts'

const Severity = Type.Union([Type.Literal('red'), Type.Literal('orange'), Type.Literal('yellow'), Type.Literal('blue')])
const Words = Type.Object({ zh: Type.String(), en: Type.String() })
const Nullable = <T extends Parameters<typeof Type.Array>[0]>(schema: T) => Type.Union([schema, Type.Null()])

/** `from` and `to` are left out, as are share and event, where the step is another institution's and a bank looks. */
export const PathStep = Type.Object({
  from: Type.Optional(Type.String()),
  to: Type.Optional(Type.String()),
  kind: Type.String(),
  share: Type.Optional(Type.String()),
  amount: Type.Optional(Type.String()),
  event: Type.Optional(Type.String()),
})
export type PathStep = Static<typeof PathStep>

export const Alert = Type.Object({
  id: Type.String({ pattern: '^A-[0-9a-f]{20}$' }),
  revision: Type.Integer({ minimum: 1 }),
  state: Type.Union([Type.Literal('new'), Type.Literal('resolved')]),
  mode: Type.Union([Type.Literal('live'), Type.Literal('shadow')]),
  rule: Type.Object({ code: Type.String(), id: Type.String(), version: Type.String(), hash: Type.String() }),
  institution: Type.String(),
  subject: Type.Object({ kind: Type.String(), id: Type.String(), part: Type.Optional(Type.String()) }),
  severity: Severity,
  band: Nullable(Type.String()),
  at: Type.String(),
  window: Nullable(Type.Object({ start: Type.String(), end: Type.String() })),
  values: Type.Record(Type.String(), Type.String()),
  threshold: Nullable(Type.String()),
  says: Words,
  law: Type.Array(Type.Object({ act: Type.String(), article: Type.String(), inForce: Type.String(), verified: Type.Boolean() })),
  path: Type.Array(PathStep),
  evidence: Type.Array(Type.String()),
  evidenceCount: Type.Integer({ minimum: 0 }),
  disclosure: Type.Union([Type.Literal('institution'), Type.Literal('supervisor')]),
})
export type Alert = Static<typeof Alert>

/** Where each evidence event lies in Kafka; carried beside the alert, never part of its digest. */
export const LogPosition = Type.Object({ topic: Type.String(), partition: Type.Integer(), offset: Type.Integer() })
export type LogPosition = Static<typeof LogPosition>
export const PublishedAlert = Type.Object({ ...Alert.properties, positions: Type.Optional(Type.Array(LogPosition)) })
export type PublishedAlert = Static<typeof PublishedAlert>

export type AlertSubject = Alert['subject']

/** `kind:id[:part]`. */
export function subjectKey(subject: AlertSubject): string {
  return subject.part === undefined ? `${subject.kind}:${subject.id}` : `${subject.kind}:${subject.id}:${subject.part}`
}

/** The id of the episode that began at `start`: `at` of revision 1, or `<source>|<id>` for a rule on one occurrence. */
export function alertId(code: string, institution: string, subject: AlertSubject, start: string): string {
  const text = `${code}|${institution}|${subjectKey(subject)}|${start}`
  return `A-${createHash('sha256').update(text).digest('hex').slice(0, 20)}`
}

/** Revisions in the order of the digest: at, code, institution, subject, id, revision. */
export function compareAlerts(a: Alert, b: Alert): number {
  return (
    compareText(a.at, b.at) ||
    compareText(a.rule.code, b.rule.code) ||
    compareText(a.institution, b.institution) ||
    compareText(subjectKey(a.subject), subjectKey(b.subject)) ||
    compareText(a.id, b.id) ||
    a.revision - b.revision
  )
}

/** The revision without `positions`, in canonical JSON: what is hashed, and what a file run writes. */
export function digestLine(alert: PublishedAlert): string {
  return canonicalJson({ ...alert, positions: undefined })
}

/** sha256 over the revisions of a run in digest order, one per line. */
export function digestOf(alerts: readonly PublishedAlert[]): string {
  const hash = createHash('sha256')
  for (const alert of [...alerts].sort(compareAlerts)) hash.update(digestLine(alert)).update('\n')
  return hash.digest('hex')
}
