import { describe, expect, test } from 'vitest'
import { type Case, type CaseAlert, type Rule } from '../../contract/index.ts'
import { memorySource } from '../../contract/source.ts'
import { selectRules } from '../catalogue/catalogue.ts'
import { readRules } from '../catalogue/rule-files.ts'
import { caseEvents } from '../catalogue/run-case.ts'
import { why } from './why.ts'

const written = await readRules()
const known = written.map(({ rule }) => rule)
/** Long after everything a case says. */
const LATER_MS = 40 * 86_400_000

for (const { rule, cases } of written)
  describe(`${rule.code}: what fired is said to have, down to a part that holds; what did not says where it stops`, () => {
    for (const kind of ['firing', 'quiet'] as const) {
      const given = cases.find((c) => c.kind === kind)
      if (given === undefined) continue
      const want = given.expect.at(-1)
      test(given.name, async () => {
        const said = want === undefined ? await ofNobody(rule, given) : await ofAlert(rule, given, want)
        const tests = said.steps.filter((s) => s.kind === 'compared' || s.kind === 'part' || s.kind === 'band')
        const outcome = want === undefined ? 'quiet' : want.state === 'resolved' || want.revisions?.at(-1) === 'resolved' ? 'resolved' : 'fired'
        expect(said.outcome).toBe(outcome)
        expect(said.stop !== null).toBe(outcome !== 'fired')
        if (outcome === 'fired' && tests.length > 0) expect(tests.some((s) => s.holds === true)).toBe(true)
        if (outcome === 'fired') expect(said.steps).not.toEqual([])
      })
    }
  })

function askedOf(plain: Rule, given: Case, { institution, id }: { institution: string; id: string }) {
  const parameters = Object.entries(given.params ?? {}).map(([name, value]) => `${plain.code}.${name}=${value}`)
  const [rule = plain] = selectRules([plain], [], parameters)
  const lines = caseEvents(given)
  const at = Math.max(...lines.map((l) => Date.parse(String(l['time'])))) + LATER_MS
  const open = () => memorySource(lines.map((line) => Buffer.from(JSON.stringify(line))))
  // A case runs with the rules beside it and no others.
  const beside = given.beside === undefined ? [] : selectRules(known, given.beside, [])
  return why({ rule, plain, known: [rule, ...beside], asked: { institution, subject: { id }, at }, open })
}

/** By the institutions of its events, or all of them together. */
async function ofAlert(rule: Rule, given: Case, want: CaseAlert) {
  const institutions = [...new Set(given.given.map((e) => e.institution ?? 'B0001')), '*']
  for (const institution of institutions) {
    const said = await askedOf(rule, given, { institution, id: want.subject })
    if (said.outcome !== 'quiet' || institution === '*') return said
  }
  throw new Error('no institution')
}

/** Of somebody its events name. */
function ofNobody(rule: Rule, given: Case) {
  const [first] = given.given
  const institution = first?.institution ?? 'B0001'
  const field = 'subject' in rule ? rule.subject.id : 'customerId'
  return askedOf(rule, given, { institution, id: String(first?.data[field] ?? institution) })
}
