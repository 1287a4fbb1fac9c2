/** What a bank must not learn of another: by ids, filters, cursors, counters, the text of a refusal or the time it takes. */
import { randomBytes } from 'node:crypto'
import type { PublishedAlert } from '../../contract/alert.ts'
import type { AlertFilter } from '../../contract/feed.ts'
import { type Bench, type Check, demand, skip } from './bench.ts'

type Me = { institution: string | null }

const PROBED = 20
const TIMED_PAIRS = 40
/** Chance passes once in so many rounds, a difference never. */
const ROUNDS = 3
/** The lower quartiles of so many answers each may differ by this, whichever is more. */
const TOLERANCE_MS = 2
const TOLERANCE = 0.15
const UNLIKE = ['date', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset', 'x-request-id', 'keep-alive', 'connection']

export const NEIGHBOURS: Check[] = [
  {
    name: 'conformance.noHoles',
    async run(bench) {
      const history = await bench.history()
      const hole = history.find(({ seq }, k) => k > 0 && seq !== (history[k - 1]?.seq ?? 0) + 1)
      demand(hole === undefined, 'conformance.why.hole', { seq: hole?.seq ?? 0 })
    },
  },
  {
    name: 'conformance.guessedIds',
    async run(bench) {
      await ownInstitution(bench)
      const wanted = await refusal(bench, `/v1/alerts/${guess()}`)
      demand(wanted.status === 404, 'conformance.why.status', { path: '/v1/alerts/{id}', wanted: 404, got: wanted.status })
      const ids = [...(bench.setup.otherToken === undefined ? [] : await foreignIds(bench)), guess(), guess()]
      for (const id of ids)
        for (const path of [`/v1/alerts/${id}`, `/v1/alerts/${id}/evidence`]) {
          const got = await refusal(bench, path)
          demand(got.text === wanted.text, 'conformance.why.refusals', { path, got: got.text.slice(0, 200), wanted: wanted.text.slice(0, 200) })
        }
    },
  },
  {
    name: 'conformance.wildcards',
    async run(bench) {
      const own = await ownInstitution(bench)
      const other = bench.setup.otherToken === undefined ? null : (await bench.json<Me>('/v1/me', bench.setup.otherToken)).institution
      const filters: AlertFilter[] = [
        {},
        { rule: '*' },
        { subject: '*' },
        { institution: '*' },
        { institution: '%' },
        { institution: [own, other ?? 'B0002', ''] },
      ]
      for (const filter of filters) {
        const probe = await bench.live({ from: 'snapshot', filter })
        onlyOf(
          own,
          probe.of('snapshot').flatMap(({ items }) => items),
          JSON.stringify(filter),
        )
      }
      for (const institution of ['*', '%', other ?? 'B0002']) {
        const path = `/v1/alerts?institution=${encodeURIComponent(institution)}`
        onlyOf(own, (await bench.json<{ items: PublishedAlert[] }>(path)).items, path)
      }
    },
  },
  {
    name: 'conformance.foreignCursor',
    async run(bench) {
      const own = await ownInstitution(bench)
      const { otherToken } = bench.setup
      if (otherToken === undefined) skip('conformance.skip.noOther')
      const cursor = (await bench.live({ from: 'now' }, { token: otherToken })).of('live')[0]?.cursor ?? ''
      const probe = await bench.live({ from: { cursor } })
      const [subscribed] = probe.of('subscribed')
      const [unknown] = (await bench.live({ from: { cursor: 'of-nowhere' } })).of('subscribed')
      const form = (frame: typeof subscribed) => JSON.stringify({ ...frame, cursor: '' })
      demand(subscribed?.recovered === false, 'conformance.why.foreignCursor')
      demand(form(subscribed) === form(unknown), 'conformance.why.refusals', { path: 'subscribe', got: form(subscribed), wanted: form(unknown) })
      onlyOf(
        own,
        probe.of('snapshot').flatMap(({ items }) => items),
        'cursor',
      )
    },
  },
  {
    name: 'conformance.timing',
    async run(bench) {
      await ownInstitution(bench)
      if (bench.setup.otherToken === undefined) skip('conformance.skip.noOther')
      const [foreign] = await foreignIds(bench)
      for (let round = 1; ; round++) {
        const [there, nowhere] = await compared(bench, foreign)
        const tolerance = Math.max(TOLERANCE_MS, TOLERANCE * nowhere)
        if (Math.abs(there - nowhere) <= tolerance) return
        const facts = { there: there.toFixed(2), nowhere: nowhere.toFixed(2), tolerance: tolerance.toFixed(2) }
        demand(round < ROUNDS, 'conformance.why.timing', facts)
      }
    },
  },
]

/** Skips for a token that sees every institution. */
async function ownInstitution(bench: Bench): Promise<string> {
  const { institution } = await bench.json<Me>('/v1/me')
  return institution ?? skip('conformance.skip.seesAll')
}

/** Ids that exist and are another institution's, or kept from this one. Skips when there is none. */
async function foreignIds(bench: Bench): Promise<string[]> {
  const own = (await bench.json<Me>('/v1/me')).institution
  const { items } = await bench.json<{ items: PublishedAlert[] }>('/v1/alerts?limit=1000', bench.setup.otherToken)
  const ids = items.filter(({ institution, disclosure }) => institution !== own || disclosure !== 'institution').map(({ id }) => id)
  return ids.length === 0 ? skip('conformance.skip.nothingForeign') : ids.slice(0, PROBED)
}

/** The answer as text, with all that must be alike: status, headers, body. `ref` names the request and differs by nature. */
async function refusal(bench: Bench, path: string): Promise<{ status: number; text: string }> {
  const { status, headers, body } = await bench.get(path)
  if (status === 429) skip('conformance.skip.tooMany')
  const alike = [...headers].filter(([name]) => !UNLIKE.includes(name)).map(([name, value]) => `${name}: ${value}`)
  return { status, text: [status, ...alike, body.replace(/"ref":"[^"]*"/, '"ref":""')].join('\n') }
}

async function timed(bench: Bench, path: string): Promise<number> {
  const start = performance.now()
  const { status } = await bench.get(path)
  if (status === 429) skip('conformance.skip.tooMany')
  return performance.now() - start
}

function onlyOf(own: string, alerts: PublishedAlert[], how: string): void {
  const leak = alerts.find((alert) => alert.institution !== own)
  demand(leak === undefined, 'conformance.why.leak', { how, id: leak?.id ?? '', institution: leak?.institution ?? '' })
}

function guess(): string {
  return `A-${randomBytes(10).toString('hex')}`
}

/** The lower quartile in ms of answers for an id that exists and for ids that do not, asked in turn: what a machine does besides makes answers later, never sooner. */
async function compared(bench: Bench, foreign: string | undefined): Promise<[there: number, nowhere: number]> {
  const times: [there: number[], nowhere: number[]] = [[], []]
  for (let k = 0; k < TIMED_PAIRS; k++) {
    const pair: [id: string | undefined, into: number[]][] = [
      [foreign, times[0]],
      [guess(), times[1]],
    ]
    for (const [id, into] of k % 2 === 0 ? pair : pair.reverse()) into.push(await timed(bench, `/v1/alerts/${id}`))
  }
  return [lowerQuartile(times[0]), lowerQuartile(times[1])]
}

function lowerQuartile(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 4)] ?? NaN
}
