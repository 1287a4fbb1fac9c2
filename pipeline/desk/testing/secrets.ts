/** Random alerts, paths and records in which every word, name and telling figure carries whose records alone it stems from. */
import fc from 'fast-check'
import type { PathStep, PublishedAlert } from '../../contract/index.ts'
import type { Lookthrough, LookthroughStep } from '../../contract/lookthrough.ts'
import { alertOf } from './world.ts'

export const BANKS = ['B0001', 'B0002'] as const
const OWNERS = [...BANKS, 'I0001', 'market'] as const
export type Owner = (typeof OWNERS)[number]

/** A figure that others' statements alone add up to. */
export const SECRET_FIGURE = '31415926.53'
const SECRET_COUNT = 271828

/** A word out of the records of `owner`. */
export function mark(owner: Owner, word: string | number): string {
  return `${owner}~${word}`
}

/** Words in the text that stem from other records than `institution`’s. */
export function foreignIn(text: string, institution: string): string[] {
  const words = [...text.matchAll(/(\w+)~\w+/g)].filter(([, owner]) => owner !== institution).map(([word]) => word)
  const others = OWNERS.filter((owner) => owner !== institution && owner !== 'market' && text.includes(owner))
  return [...words, ...others, ...[SECRET_FIGURE, String(SECRET_COUNT)].filter((figure) => text.includes(figure))]
}

const eventOf = (owner: Owner, n: number) => (owner === 'market' ? `/market|${mark(owner, n)}` : `/institutions/${owner}/core|${mark(owner, n)}`)

const part = fc.record({ owner: fc.constantFrom(...OWNERS), n: fc.nat(999), kind: fc.constantFrom('loan', 'bond', 'fundUnits'), cents: fc.nat(99_999) })
type Part = typeof part extends fc.Arbitrary<infer T> ? T : never
const money = (cents: number) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`

const stepOf = ({ owner, n, kind, cents }: Part, hasEvent: boolean): PathStep => ({
  from: mark(owner, `from${n}`),
  to: mark(owner, `to${n}`),
  kind,
  share: '0.10',
  amount: money(cents),
  ...((hasEvent || BANKS.some((bank) => bank === owner)) && { event: eventOf(owner, n) }),
})

/** Alerts of two banks and of what is between them; each rests on records of several, and its values and sentences name what it rests on. */
export const alerts: fc.Arbitrary<PublishedAlert[]> = fc
  .array(
    fc.record({
      institution: fc.constantFrom(...BANKS, '*'),
      disclosure: fc.constantFrom('institution', 'institution', 'supervisor'),
      mode: fc.constantFrom('live', 'live', 'live', 'shadow'),
      code: fc.constantFrom('CR-03', 'OP-13', 'DQ-08', 'CR-02', 'XX-99'),
      path: fc.array(fc.tuple(part, fc.boolean()), { maxLength: 5 }),
      evidence: fc.array(part, { maxLength: 6 }),
      hasPositions: fc.boolean(),
      revisions: fc.integer({ min: 1, max: 2 }),
    }),
    { minLength: 3, maxLength: 10 },
  )
  .map((all) => all.flatMap((facts, n) => Array.from({ length: facts.revisions }, (_, k) => ({ ...made(n, facts as Facts), revision: k + 1 }))))

type Facts = Pick<PublishedAlert, 'institution' | 'disclosure' | 'mode'> & {
  code: string
  path: [Part, boolean][]
  evidence: Part[]
  hasPositions: boolean
}

function made(n: number, { institution, disclosure, mode, code, path, evidence, hasPositions }: Facts): PublishedAlert {
  const others = [...path.map(([p]) => p), ...evidence].filter((p) => p.owner !== institution).map((p) => mark(p.owner, `name${p.n}`))
  const figures = code === 'DQ-08' ? { sum: SECRET_FIGURE } : code === 'OP-13' ? { share: SECRET_FIGURE } : {}
  const values = { exposure: '132.00', ...(others.length > 0 && { members: others.join(','), listed: others[0] ?? '', ...figures }) }
  const told = Object.values(values).join(' ')
  return alertOf(n, {
    rule: { code, id: 'x', version: '1.0.0', hash: 'sha256:0' },
    institution,
    disclosure,
    mode,
    subject: { kind: 'party', id: `subject${n}` },
    values,
    says: { zh: told, en: told },
    path: path.map(([p, hasEvent]) => stepOf(p, hasEvent)),
    evidence: evidence.map((p) => eventOf(p.owner, p.n)),
    evidenceCount: others.length > 0 ? SECRET_COUNT : evidence.length,
    ...(hasPositions && { positions: evidence.map((p) => ({ topic: mark(p.owner, 'topic'), partition: 0, offset: p.n })) }),
  })
}

const stepAbove = (below: fc.Arbitrary<LookthroughStep[]>): fc.Arbitrary<LookthroughStep> =>
  fc.tuple(part, fc.boolean(), below).map(([{ owner, n, kind, cents }, hasEvent, on]) => ({
    to: mark(owner, `to${n}`),
    kind,
    share: owner === 'market' ? Number(SECRET_FIGURE) : 0.1,
    effective: 0.1,
    event: hasEvent || owner !== 'market' ? eventOf(owner, n) : null,
    amount: money(cents),
    on,
  }))
const leaf = stepAbove(fc.constant([]))
const step = stepAbove(fc.array(stepAbove(fc.array(leaf, { maxLength: 2 })), { maxLength: 2 }))

/** The paths of an exposure of whoever is asked about. */
export const lookthroughs: fc.Arbitrary<Omit<Lookthrough, 'institution' | 'obligor'>> = fc
  .array(step, { minLength: 1, maxLength: 3 })
  .map((paths) => ({ at: '2026-03-02T01:00:00.000Z', total: '9.00', direct: '0.00', indirect: '9.00', rest: '0.00', paths }))
