import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { canonicalJson, type Event, type PublishedAlert } from '../../contract/index.ts'
import type { Rule } from '../../contract/rule.ts'
import { openFiles } from '../../hot/accept/file-source.ts'
import { scenarioEvents } from '../../scenario/steps.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'
import { replay } from '../replay/replay.ts'
import { type Proof, prove, type ProofOptions } from './proof.ts'
import { recordAt } from './record.ts'

const folder = mkdtempSync(join(tmpdir(), 'lookthrough-proof-'))
const rules = await loadRules()
const story = [...scenarioEvents(5, Date.UTC(2026, 10, 2, 1), 30_000)]
const nameOf = (e: Event) => `${e.source}|${e.id}`
const fileOf = (name: string, lines: readonly unknown[]) => {
  const file = join(folder, name)
  writeFileSync(file, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''))
  return file
}
const log = fileOf('log.ndjson', story)
const alerts = join(folder, 'alerts.ndjson')
const state = join(folder, 'out.duckdb')
let recorded: PublishedAlert[] = []
const one = (code: string) => recorded.find((a) => a.rule.code === code && a.revision === 1) as PublishedAlert

type Given = Partial<Omit<ProofOptions, 'record' | 'open'>> & { log?: string; record?: string }
const proofs = async (ids: readonly string[], { log: file = log, record = alerts, ...options }: Given = {}) =>
  prove({ ids, rules, catalogue: rules, open: () => openFiles([file]), ...options, record: await recordAt(record, new Set(ids)) })
const proofOf = async (id: string, given: Given = {}) => (await proofs([id], given)).proofs[0] as Proof
const kinds = (proof: Proof) => [...new Set(proof.causes.map((c) => c.kind))]
const pointers = (proof: Proof) => [...new Set(proof.revisions.flatMap((r) => r.differences.map((d) => d.pointer)))]

beforeAll(async () => {
  await replay({ source: await openFiles([log]), rules, alerts, db: state })
  recorded = readFileSync(alerts, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PublishedAlert)
}, 300_000)

describe('every alert of a scenario', () => {
  test('is the same when it is judged from its log again, byte for byte, whatever the batch size, and whether a file or the tables hold it', {
    timeout: 300_000,
  }, async () => {
    const ids = [...new Set(recorded.map((a) => a.id))]
    expect(ids.length).toBeGreaterThan(10)
    for (const given of [{}, { maxEvents: 997 }, { maxEvents: 3333, record: state }]) {
      const { proofs: all } = await proofs(ids, given)
      expect(all.map((p) => [p.id, p.outcome])).toEqual(ids.map((id) => [id, 'same']))
      expect(all.flatMap((p) => p.revisions).length).toBe(recorded.length)
    }
  })

  test('of which any one field was changed on record is named with that field', { timeout: 300_000 }, async () => {
    const leaves = (value: unknown, path: string[] = []): string[][] =>
      value !== null && typeof value === 'object' && Object.keys(value).length > 0 ? Object.entries(value).flatMap(([k, v]) => leaves(v, [...path, k])) : [path]
    const tampered = fc.nat().chain((a) => {
      const alert = recorded[a % recorded.length] as PublishedAlert
      return fc.constantFrom(...leaves(alert).filter(([top]) => top !== 'id')).map((path) => ({ alert, path }))
    })
    await fc.assert(
      fc.asyncProperty(tampered, async ({ alert, path }) => {
        const changed = changedAt(alert, path)
        const own = recorded.filter((a) => a.id === alert.id)
        const record = fileOf(
          'tampered.ndjson',
          own.map((a) => canonicalJson(a.revision === alert.revision ? changed : a)),
        )
        const proof = await proofOf(alert.id, { record, maxEvents: 5000 })
        expect(proof.outcome).toBe('differs')
        expect(pointers(proof)).toContain(`/${path.join('/')}`)
        expect(proof.causes.length).toBeGreaterThan(0)
      }),
      { numRuns: Number(process.env['LOOKTHROUGH_RUNS'] ?? 12) },
    )
  })
})

test('a later revision that names a rule there is not, differs from the earlier ones', async () => {
  const { id } = recorded.find((a) => a.revision === 2) as PublishedAlert
  const own = recorded.filter((a) => a.id === id).map((a) => (a.revision === 2 ? { ...a, rule: { ...a.rule, code: 'XX-99' } } : a))
  const proof = await proofOf(id, { record: fileOf('other-rule.ndjson', own) })
  expect(proof.outcome).toBe('differs')
  expect(pointers(proof)).toContain('/rule/code')
})

test('an alert that rests on the age of holdings is judged again with the rule that says how old they may be', async () => {
  const at = (days: number, n: number, type: string, data: object) => ({
    specversion: '1.0',
    id: `e${n}`,
    source: '/institutions/B0001/core',
    type,
    time: new Date(Date.UTC(2026, 2, 2) + days * 86_400_000).toISOString(),
    subject: 'F',
    institution: 'B0001',
    sequence: String(n),
    data,
  })
  const lines = [{ kind: 'bond', issuerId: 'P1', value: '200.00' }]
  const aged = fileOf('aged.ndjson', [
    at(0, 1, 'inst.metric', { metric: 'tier1', value: '1000.00', unit: 'CNY', period: '2025-12-31', basis: 'solo' }),
    at(0, 2, 'product.holding', { productId: 'F', kind: 'fund', asOf: '2026-03-02', nav: '200.00', totalAssets: '200.00', lines, unidentified: '0.00' }),
    at(0, 3, 'book.position', { positionId: 'X', book: 'banking', kind: 'fundUnits', productId: 'F', side: 'long', value: '200.00', ccy: 'CNY', share: '1' }),
    at(40, 4, 'ref.party', { partyId: 'P1', kind: 'company', name: 'P1' }),
  ])
  const parameters = ['CR-05.maxAge=30', 'CR-05.grace=0']
  const record = join(folder, 'aged-alerts.ndjson')
  const { revisions } = await replay({ source: await openFiles([aged]), rules: selectRules(rules, [], parameters), alerts: record })
  const { id } = revisions.find((a) => a.rule.code === 'CR-02') as PublishedAlert
  const given = { log: aged, record }
  const proof = await proofOf(id, { ...given, rules: selectRules(rules, [], parameters) })
  expect([proof.outcome, proof.revisions.length]).toEqual(['same', 2])
  expect((await proofOf(id, given)).outcome).toBe('differs')
})

describe('why an alert differs', () => {
  const withRule = (code: string, change: (rule: Rule) => Rule) => rules.map((r) => (r.code === code ? change(r) : r))

  test('is told as the version of its rule', async () => {
    const proof = await proofOf(one('OP-08').id, { rules: withRule('OP-08', (r) => ({ ...r, version: '9.0.0' })) })
    expect(proof.causes).toMatchObject([{ kind: 'rule-version', facts: { recorded: one('OP-08').rule.version, now: '9.0.0' } }])
    expect(pointers(proof)).toEqual(['/rule/hash', '/rule/version'])
  })

  test('is told as the content of a rule that kept its version', async () => {
    const proof = await proofOf(one('CR-05').id, { rules: withRule('CR-05', (r) => ({ ...r, advice: { zh: '另', en: 'other' } }) as Rule) })
    expect(kinds(proof)).toEqual(['rule-content'])
    expect(pointers(proof)).toEqual(['/rule/hash'])
  })

  test('is told as a parameter with its value then and now, whether it was changed for the proof or for the alert', async () => {
    const { id, threshold } = one('CR-02')
    const changed = selectRules(rules, [], ['CR-02.limit=0.0500'])
    expect((await proofOf(id, { rules: changed })).causes).toContainEqual({
      kind: 'parameter',
      facts: { code: 'CR-02', name: 'limit', recorded: String(rules.find((r) => r.code === 'CR-02')?.parameters['limit']?.value), now: '0.0500' },
    })
    const record = join(folder, 'changed.ndjson')
    const { revisions } = await replay({ source: await openFiles([log]), rules: changed, alerts: record })
    const other = revisions.find((a) => a.rule.code === 'CR-02' && a.revision === 1 && a.threshold !== threshold) as PublishedAlert
    const proof = await proofOf(other.id, { record })
    expect(proof.causes.map((c) => [c.kind, c.facts['name'], c.facts['recorded']])).toContainEqual(['parameter', 'limit', '0.0500'])
  })

  test('is told as an event of its evidence that is no longer in the log', async () => {
    for (const code of ['OP-08', 'CR-02']) {
      const { id, evidence } = one(code)
      const proof = await proofOf(id, {
        log: fileOf(
          `removed.ndjson`,
          story.filter((e) => nameOf(e) !== evidence[0]),
        ),
      })
      expect(proof.causes).toContainEqual({ kind: 'missing', facts: { event: evidence[0] } })
    }
  })

  test('is told as an event of its evidence that another order makes late, or another content dead', async () => {
    const { id, evidence } = one('OP-08')
    const moved = story.find((e) => nameOf(e) === evidence[0]) as Event
    const rest = story.filter((e) => e !== moved)
    const late = await proofOf(id, { log: fileOf('late.ndjson', [...rest.slice(0, -1), moved, ...rest.slice(-1)]) })
    expect(late.outcome).toBe('differs')
    expect(late.causes).toContainEqual({ kind: 'late', facts: { event: evidence[0], seconds: expect.any(String), reason: expect.any(String) } })
    const broken = story.map((e) => (e === moved ? { ...e, data: { ...(e.data as object), amount: '-1' } } : e))
    const dead = await proofOf(id, { log: fileOf('dead.ndjson', broken) })
    expect(dead.causes).toContainEqual({ kind: 'dead', facts: { event: evidence[0], reason: 'bad-money' } })
  })

  test('is told by their number where the events that are gone are not among those an alert names', async () => {
    const payment = story.find((e) => e.type === 'pay.payment') as Event
    const many = Array.from({ length: 25 }, (_, i) => {
      const data = { ...(payment.data as object), paymentId: `T${i}`, debtorAccount: `D${i}`, creditorAccount: 'MANY' }
      return { ...payment, id: `many-${i}`, time: new Date(Date.parse(payment.time) + i).toISOString(), data }
    })
    const record = join(folder, 'many-alerts.ndjson')
    const { revisions } = await replay({ source: await openFiles([fileOf('many.ndjson', many)]), rules, alerts: record })
    const counted = revisions.find((a) => a.evidenceCount === 25) as PublishedAlert
    const proof = await proofOf(counted.id, { record, log: fileOf('fewer.ndjson', [...many.slice(0, 22), ...many.slice(23)]) })
    expect(proof.causes).toEqual([{ kind: 'count', facts: { revision: counted.revision, recorded: 25, named: 20, now: 24 } }])
  })

  test('is told as statements other than its evidence where only amounts of a limit differ', async () => {
    const { id, institution, at } = one('CR-02')
    const capital = story.map((e) =>
      e.type === 'inst.metric' && e.institution === institution
        ? { ...e, data: { ...(e.data as object), value: `${Number((e.data as { value: string }).value) * 0.99}` } }
        : e,
    )
    const proof = await proofOf(id, { log: fileOf('capital.ndjson', capital) })
    expect(proof.causes).toMatchObject([{ kind: 'reference', facts: { at } }])
    expect(pointers(proof).some((p) => p.startsWith('/values/'))).toBe(true)
  })

  test('is told as the time judging began, and as an alert that is raised at another time or not at all', async () => {
    const { id, at } = one('CR-02')
    const judgeFrom = Date.parse(at) + 2000
    const later = await proofOf(id, { judgeFrom, record: state })
    expect(kinds(later)).toEqual(['judge-from', 'elsewhere'])
    expect(later.revisions.map((r) => r.outcome)).toContain('missing')
    expect(kinds(await proofOf(one('OP-08').id, { log: fileOf('short.ndjson', story.slice(0, 3000)) }))).toContain('not-raised')
  })

  test('is told as a record that contradicts itself, lacks a revision, or is written otherwise', async () => {
    const alert = recorded.find((a) => a.revision === 2) as PublishedAlert
    const own = recorded.filter((a) => a.id === alert.id).sort((a, b) => a.revision - b.revision)
    const record = (name: string, revisions: unknown[]) => fileOf(name, revisions)
    const first = own[0] as PublishedAlert
    const other = await proofOf(alert.id, { record: record('institution.ndjson', [{ ...first, institution: 'B9999' }]) })
    expect([kinds(other)[0], pointers(other)]).toEqual(['identity', ['/institution']])
    const said = rules.find((r) => r.code === first.rule.code)?.says.zh ?? ''
    const name = Object.keys(first.values).find((value) => said.includes(`{${value}`)) ?? ''
    const values = await proofOf(alert.id, { record: record('values.ndjson', [canonicalJson({ ...first, values: { ...first.values, [name]: '1.00' } })]) })
    expect([kinds(values), pointers(values)]).toEqual([['sentence'], [`/values/${name}`]])
    const spaced = await proofOf(alert.id, { record: record('spaced.ndjson', [JSON.stringify(first, null, 1).replaceAll('\n', '')]) })
    expect(kinds(spaced)).toEqual(['form'])
    const without = await proofOf(own.at(-1)?.id ?? '', {
      record: record(
        'without.ndjson',
        own.slice(1).map((a) => canonicalJson(a)),
      ),
    })
    expect(without.causes).toEqual([{ kind: 'absent', facts: { revision: 1 } }])
  })
})

describe('a proof', () => {
  test('says so where the alert, its revision, its rule or its record is not there', async () => {
    const { id } = one('CR-02')
    await expect(proofs(['A-00000000000000000000'])).rejects.toMatchObject({ code: 'LT-1009' })
    await expect(proofs([id], { revision: 99 })).rejects.toMatchObject({ code: 'LT-1011' })
    await expect(proofs([id], { rules: rules.filter((r) => r.code !== 'CR-02') })).rejects.toMatchObject({ code: 'LT-1002' })
    await expect(recordAt(join(folder, 'nowhere'), new Set([id]))).rejects.toMatchObject({ code: 'LT-1001' })
    expect((await proofOf(id, { revision: 1 })).revisions.map((r) => [r.revision, r.outcome])).toEqual([[1, 'same']])
  })

  test('reads no more of the log than it takes, and judges nothing where the log was cut and differs', async () => {
    const { id } = one('CR-05')
    const run = await proofs([id], { maxEvents: 500, revision: 1 })
    expect(run.proofs[0]?.outcome).toBe('same')
    expect(run.read.messages).toBeLessThan(story.length)
    const held = [{ topic: 'credit.loan', partition: 0, low: 7, high: 9 }]
    expect((await proofOf(id, { held })).outcome).toBe('same')
    const cut = await proofOf(id, { held, log: fileOf('cut.ndjson', story.slice(3000)) })
    expect([cut.outcome, kinds(cut)[0]]).toEqual(['unjudged', 'cut'])
  })
})

/** Another value of the same kind in one place. */
function changedAt(value: unknown, [key, ...rest]: string[]): unknown {
  if (key !== undefined) {
    const copy = structuredClone(value) as Record<string, unknown>
    copy[key] = changedAt(copy[key], rest)
    return copy
  }
  if (typeof value === 'number') return value + 1
  if (typeof value === 'boolean') return !value
  return typeof value === 'string' ? `${value}9` : 'x'
}
