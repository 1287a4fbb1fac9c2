/** What arrives, in which order, and how one goes on. */
import type { AlertFilter, Subscribe } from '../../contract/feed.ts'
import { ALWAYS, type Bench, type Check, demand } from './bench.ts'
import type { FrameOf, Probe } from './probe.ts'

type Events = FrameOf<'event'>[]

export const ORDER: Check[] = [
  {
    name: 'conformance.snapshot',
    async run(bench) {
      const probe = await bench.live({ from: 'snapshot' })
      const types = probe.seen.map(({ frame }) => frame.type).filter((type) => ['subscribed', 'snapshot', 'live'].includes(type))
      const parts = probe.of('snapshot')
      const wanted = ['subscribed', ...parts.map(() => 'snapshot'), 'live']
      demand(parts.length > 0 && types.join() === wanted.join(), 'conformance.why.snapshotOrder', { got: types.join(' ') })
      demand(
        parts.every((p, k) => p.part === k + 1 && p.last === (k === parts.length - 1)),
        'conformance.why.snapshotParts',
      )
      const ids = parts.flatMap(({ items }) => items.map(({ id }) => id))
      demand(new Set(ids).size === ids.length, 'conformance.why.snapshotTwice')
    },
  },
  {
    name: 'conformance.chain',
    async run(bench) {
      const history = await bench.history()
      chained(history)
      const ids = history.map(({ event }) => event.id)
      demand(new Set(ids).size === ids.length, 'conformance.why.twice', { got: ids.find((id, k) => ids.indexOf(id) < k) ?? '' })
      demand(new Set(history.map(({ cursor }) => cursor)).size === history.length, 'conformance.why.cursors')
    },
  },
  {
    name: 'conformance.resume',
    async run(bench) {
      const history = await bench.history()
      const middle = Math.floor((history.length - 1) / 2)
      const at = history[middle]
      demand(at !== undefined, 'conformance.why.cursors')
      const probe = await reading(bench, { from: { cursor: at.cursor }, conflate: false }, history.at(-1))
      demand(probe.of('subscribed')[0]?.recovered === true, 'conformance.why.recovered')
      same(probe.of('event'), history.slice(middle + 1))
      demand(middle + 1 >= history.length || probe.of('event')[0]?.prev === at.seq, 'conformance.why.chain', {
        seq: at.seq,
        prev: probe.of('event')[0]?.prev ?? 0,
      })
    },
  },
  {
    name: 'conformance.filter',
    async run(bench) {
      const history = await bench.history()
      const rule = rarest(history)
      const wanted = history.filter(({ event }) => event.data.rule.code === rule)
      const probe = await reading(bench, { from: ALWAYS, filter: { rule }, conflate: false }, wanted.at(-1))
      const events = probe.of('event')
      demand(
        events.every(({ event }) => event.data.rule.code === rule),
        'conformance.why.filter',
        { filter: JSON.stringify({ rule }) },
      )
      same(events, wanted)
      chained(events)
    },
  },
  {
    name: 'conformance.filterMovesOn',
    async run(bench) {
      const filter: AlertFilter = { rule: 'no-such-rule' }
      const cursor = (await bench.live({ from: ALWAYS, filter })).of('live')[0]?.cursor ?? ''
      const again = await bench.live({ from: { cursor }, filter })
      const [subscribed] = again.of('subscribed')
      demand(subscribed?.recovered === true, 'conformance.why.recovered')
    },
  },
  {
    name: 'conformance.gap',
    async run(bench) {
      const [first] = await bench.history()
      const rule = first?.event.data.rule.code ?? ''
      for (const cursor of ['of-nowhere', `${first?.cursor ?? ''}x`]) {
        const probe = await bench.live({ from: { cursor }, filter: { rule } })
        demand(probe.of('subscribed')[0]?.recovered === false, 'conformance.why.inventedCursor')
        const parts = probe.of('snapshot')
        demand(parts.at(-1)?.last === true, 'conformance.why.noSnapshot')
        demand(
          parts.every(({ items }) => items.every((alert) => alert.rule.code === rule)),
          'conformance.why.filter',
          { filter: JSON.stringify({ rule }) },
        )
      }
    },
  },
]

/** Each `prev` is the sequence before, and sequences rise. */
export function chained(events: Events): void {
  events.forEach(({ seq, prev }, k) => {
    const before = events[k - 1]?.seq
    demand(prev < seq && (before === undefined || prev === before), 'conformance.why.chain', { seq, prev })
  })
}

/** The same events in the same order, up to the last that is wanted. */
export function same(got: Events, wanted: Events): void {
  const upTo = got.slice(0, wanted.length)
  const missing = wanted.find((event, k) => upTo[k]?.seq !== event.seq || upTo[k].event.id !== event.event.id)
  demand(missing === undefined, 'conformance.why.differs', { seq: missing?.seq ?? 0, id: missing?.event.id ?? '' })
}

/** Subscribes and reads until `last` has come. */
export async function reading(bench: Bench, subscribe: Partial<Omit<Subscribe, 'op'>>, last: Events[number] | undefined, on?: Probe): Promise<Probe> {
  const probe = on ?? (await bench.connected())
  probe.send({ op: 'subscribe', sid: 's', ...subscribe })
  const isThere = () => (last === undefined ? probe.of('live').length > 0 : (probe.of('event').at(-1)?.seq ?? 0) >= last.seq)
  await probe.until(() => (isThere() && probe.of('subscribed').length > 0) || probe.closed !== undefined, bench.setup.patienceMs)
  return probe
}

function rarest(history: Events): string {
  const counts = new Map<string, number>()
  for (const { event } of history) counts.set(event.data.rule.code, (counts.get(event.data.rule.code) ?? 0) + 1)
  return [...counts].sort((a, b) => a[1] - b[1])[0]?.[0] ?? ''
}
