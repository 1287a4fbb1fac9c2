/** Which alerts a reader asked for. A filter only leaves out: what is not in the reader's stream it cannot show. */
import type { AlertFilter } from '../../contract/feed.ts'
import { type PublishedAlert, SEVERITIES } from '../../contract/index.ts'

type Test = (alert: PublishedAlert) => boolean
type Names = string | string[]

/** The filter as one test; undefined lets everything through. */
export function testOf({ severity, rule, institution, state, subject }: AlertFilter): Test | undefined {
  const tests: Test[] = []
  if (severity !== undefined) tests.push(test(severitiesOf(severity), (wanted, a) => wanted.has(a.severity)))
  if (institution !== undefined) tests.push(test(setOf(institution), (wanted, a) => wanted.has(a.institution)))
  if (state !== undefined) tests.push(test(setOf(state), (wanted, a) => wanted.has(a.state)))
  if (subject !== undefined) tests.push(test(setOf(subject), (wanted, { subject: { kind, id } }) => wanted.has(id) || wanted.has(`${kind}:${id}`)))
  if (rule !== undefined) tests.push(ruleTest([rule].flat()))
  return tests.length === 0 ? undefined : (alert) => tests.every((t) => t(alert))
}

export function matches(alert: PublishedAlert, filter: AlertFilter): boolean {
  return testOf(filter)?.(alert) ?? true
}

function test(wanted: ReadonlySet<string>, holds: (wanted: ReadonlySet<string>, alert: PublishedAlert) => boolean): Test {
  return (alert) => holds(wanted, alert)
}

function setOf(names: Names): ReadonlySet<string> {
  return new Set([names].flat())
}

/** The catalogue's severities go from the gravest to the least. */
function severitiesOf(severity: NonNullable<AlertFilter['severity']>): ReadonlySet<string> {
  return typeof severity === 'object' && 'gte' in severity ? new Set(SEVERITIES.slice(0, SEVERITIES.indexOf(severity.gte) + 1)) : setOf(severity)
}

/** A code, an id, or the beginning of one and `*`. */
function ruleTest(names: string[]): Test {
  const exact = setOf(names)
  const beginnings = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))
  return ({ rule: { code, id } }) => exact.has(code) || exact.has(id) || beginnings.some((b) => code.startsWith(b) || id.startsWith(b))
}
