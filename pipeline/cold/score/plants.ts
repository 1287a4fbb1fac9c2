/**
 * Violations and near misses that are known beforehand: the rules' own cases, each with names of its own and on a day of its own, to be put among ordinary
 * traffic. A case is planted that runs on the default parameters and whose events come in the order of their time.
 */
import { type Case, formatTime, parseTime, type Rule } from '../../contract/index.ts'
import { caseEvents } from '../catalogue/run-case.ts'

const DAY_MS = 86_400_000
/** How many violations, and how many near misses, of each rule. */
const OF_EACH = 2

/** `beside`: rules its case needs. `expected`: subjects, with their part, that the rule must name; none is a near miss. From `from` to `to`, ms: its first event, and two days after its last. */
export type Plant = { rule: string; name: string; mark: string; beside: readonly string[]; expected: string[]; from: number; to: number; events: Sent[] }
export type Sent = { time: number; event: Record<string, unknown> }

/**
 * Two violations and two near misses of a rule where it has such cases, one of them twice where it has one; `day`: of the first, days since the Unix epoch.
 * `copy` tells the plants of one rule apart from those of another call.
 */
export function plantsOf(rule: Rule, cases: readonly Case[], day: number, copy = ''): Plant[] {
  const usable = cases.filter(isPlantable)
  const chosen = [usable.filter((c) => c.expect.length > 0), usable.filter((c) => c.expect.length === 0)].flatMap((of) =>
    of.length === 0 ? [] : Array.from({ length: OF_EACH }, (_, i) => of[i % of.length] as Case),
  )
  return chosen.map((given, i) => plant(rule, given, `${rule.code.replace('-', '')}${copy}${'abcd'[i]}-`, day + i))
}

function isPlantable({ params, given, expect }: Case): boolean {
  const times = given.map(({ at }) => (/^\+(\d+)d/.exec(at)?.[1] ?? '0').padStart(3, '0') + at.slice(-8))
  const isInOrder = times.every((time, i) => i === 0 || time >= (times[i - 1] as string))
  const isPlain = given.every(({ op, recordedAt }) => op !== 'correct' && recordedAt === undefined)
  return params === undefined && isInOrder && isPlain && expect.every((alert) => alert.state !== 'resolved')
}

/** A case with names of its own, each beginning with `mark`, moved to a day since the Unix epoch; its events in the order given. */
export function plant(rule: Rule, given: Case, mark: string, day: number): Plant {
  const by = day * DAY_MS - (parseTime(`${given.on}T00:00:00Z`) ?? 0)
  const plain = caseEvents(given)
  const names = new Set(plain.flatMap(namesIn))
  const rename = (text: string) =>
    text
      .split(/([|>,])/)
      .map((word) => (names.has(word) ? mark + word : word))
      .join('')
  const events = plain.map((event): Sent => {
    const moved = moveAll(event, by, rename) as Record<string, unknown>
    return {
      time: parseTime(String(moved['time'])) ?? 0,
      event: { ...moved, id: `${mark}${String(event['id'])}`, source: `/planted/${mark}${String(event['source'])}` },
    }
  })
  const times = events.map((e) => e.time)
  return {
    rule: rule.code,
    name: given.name,
    mark,
    beside: given.beside ?? [],
    expected: given.expect.map((alert) => [subjectOf(rename(alert.subject), mark), alert.part].filter((x) => x !== undefined).join('#')),
    from: Math.min(...times),
    to: Math.max(...times) + 2 * DAY_MS,
    events,
  }
}

/** A stream's name begins with its source. */
function subjectOf(subject: string, mark: string): string {
  return subject.startsWith('/') ? `/planted/${mark}${subject}` : subject
}

/** Fields that hold a name of somebody or something. */
const NAMING = /(Id|Ids|Account|^owner|^owned|^vendor|^buyer|^seller|^officers)$/

/** The institution, and whatever stands in a field that holds names. Currencies and metals are nobody's. */
function namesIn(event: Record<string, unknown>): string[] {
  const found = [String(event['institution'])]
  const walk = (value: unknown, isName: boolean): void => {
    if (typeof value === 'string') {
      if (isName && !/^[A-Z]{3}(\/?[A-Z]{3})?$/.test(value)) found.push(value)
    } else if (Array.isArray(value)) for (const item of value) walk(item, isName)
    else if (value !== null && typeof value === 'object') for (const [field, item] of Object.entries(value)) walk(item, NAMING.test(field))
  }
  walk(event['data'], false)
  return found
}

/** All texts of an event: days and instants moved by so many ms, names put in place. */
function moveAll(value: unknown, by: number, rename: (text: string) => string): unknown {
  if (typeof value === 'string') return moved(value, by) ?? rename(value)
  if (Array.isArray(value)) return value.map((item) => moveAll(item, by, rename))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, moveAll(item, by, rename)]))
}

function moved(text: string, by: number): string | undefined {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return formatTime((parseTime(`${text}T00:00:00Z`) ?? 0) + by).slice(0, 10)
  if (!/^\d{4}-\d{2}-\d{2}T/.test(text)) return undefined
  const time = parseTime(text)
  return time === undefined ? undefined : formatTime(time + by)
}
