/** What a network does to a connection, over a line of our own to the desk. */
import { FEED_CLOSE } from '../../contract/feed-close.ts'
import { ALWAYS, type Bench, type Check, demand, skip } from './bench.ts'
import type { Line } from './line.ts'
import { chained, reading, same } from './order.ts'
import type { FrameOf, Probe } from './probe.ts'

const SLOW_BYTES_PER_SECOND = 1024

export const NETWORK: Check[] = [
  {
    name: 'conformance.cut',
    async run(bench) {
      const history = await bench.history()
      const line = await bench.line()
      const first = await reading(bench, { from: ALWAYS, conflate: false }, history[Math.floor(history.length / 2)], await over(bench, line))
      line.cut()
      await first.until(() => first.closed !== undefined, bench.setup.patienceMs)
      const cursor = first.of('event').at(-1)?.cursor ?? ''
      const second = await reading(bench, { from: { cursor }, conflate: false }, unlessReached(first, history), await over(bench, line))
      demand(second.of('subscribed')[0]?.recovered === true, 'conformance.why.recovered')
      same([...first.of('event'), ...second.of('event')], history)
    },
  },
  {
    name: 'conformance.offline',
    async run(bench) {
      const line = await bench.line()
      const witness = await bench.live({ from: 'now' })
      const away = await bench.live({ from: { cursor: placeOf(witness) }, conflate: false }, await over(bench, line))
      line.stall()
      await rest(bench.setup.offlineMs)
      line.cut()
      line.flow()
      await away.until(() => away.closed !== undefined, bench.setup.patienceMs)
      const back = await bench.live({ from: { cursor: placeOf(away) }, conflate: false }, await over(bench, line))
      demand(back.of('subscribed')[0]?.recovered === true, 'conformance.why.recovered')
      const seen = [...away.of('event'), ...back.of('event')]
      const upTo = back.of('live')[0]?.seq ?? 0
      same(
        seen,
        witness.of('event').filter(({ seq }) => seq <= upTo),
      )
      demand(new Set(seen.map(({ seq }) => seq)).size === seen.length, 'conformance.why.twice', { got: seen.at(-1)?.event.id ?? '' })
    },
  },
  {
    name: 'conformance.slow',
    async run(bench) {
      const history = await bench.history()
      const line = await bench.line()
      const slow = await over(bench, line)
      line.trickle(SLOW_BYTES_PER_SECOND)
      slow.send({ op: 'subscribe', sid: 's', from: ALWAYS })
      await slow.until(() => slow.closed !== undefined, bench.setup.slowMs)
      // Others are served meanwhile.
      await bench.live({ from: 'now' })
      line.flow()
      await slow.until(() => slow.of('live').length > 0 || slow.closed !== undefined, bench.setup.patienceMs)
      const events = slow.of('event')
      chained(events)
      if (slow.closed !== undefined) events.push(...(await afterEnd(bench, slow)))
      endState(events, history)
    },
  },
  {
    name: 'conformance.twice',
    async run(bench) {
      const history = await bench.history()
      const from = { cursor: history[0]?.cursor ?? '' }
      const [a, b] = await Promise.all([reading(bench, { from, conflate: false }, history.at(-1)), reading(bench, { from, conflate: false }, history.at(-1))])
      a.send({ op: 'subscribe', sid: 'again', from, conflate: false })
      await a.until(() => a.of('live', 'again').length > 0, bench.setup.patienceMs)
      const texts = (events: FrameOf<'event'>[]) => events.slice(0, history.length - 1).map(({ event }) => JSON.stringify(event))
      const [wanted, ...others] = [a.of('event', 's'), b.of('event', 's'), a.of('event', 'again')].map(texts)
      const differs = wanted?.findIndex((text, k) => others.some((other) => other[k] !== text)) ?? -1
      demand(differs < 0, 'conformance.why.differs', { seq: history[differs + 1]?.seq ?? 0, id: history[differs + 1]?.event.id ?? '' })
    },
  },
  {
    name: 'conformance.test',
    async run(bench) {
      const { url, token, otherToken } = bench.setup
      const mine = await bench.live({ from: 'now' })
      const other = otherToken === undefined ? undefined : await bench.live({ from: 'now' }, { token: otherToken })
      const { status } = await fetch(`${url}/v1/feed/test`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
      if (status === 404) skip('conformance.skip.noTest')
      demand(status === 202, 'conformance.why.status', { path: 'POST /v1/feed/test', wanted: 202, got: status })
      const came = await mine.until(() => mine.of('test').length > 0, bench.setup.patienceMs)
      demand(came, 'conformance.why.noTest', { seconds: bench.setup.patienceMs / 1000 })
      demand(other === undefined || !(await other.until(() => other.of('test').length > 0, 500)), 'conformance.why.testElsewhere')
    },
  },
]

function over(bench: Bench, line: Line): Promise<Probe> {
  return bench.connected({ through: line.port })
}

/** Where to go on: the newest cursor this connection was given. */
function placeOf(probe: Probe): string {
  const cursors = probe.seen.flatMap(({ frame }) => {
    if (frame.type === 'event' || frame.type === 'live') return [frame.cursor]
    return frame.type === 'heartbeat' || frame.type === 'bye' ? [frame.cursors['s'] ?? ''] : []
  })
  return cursors.at(-1) ?? ''
}

/** The last event of the history, unless the first connection has it already. */
function unlessReached(first: Probe, history: FrameOf<'event'>[]): FrameOf<'event'> | undefined {
  const last = history.at(-1)
  return (first.of('event').at(-1)?.seq ?? 0) >= (last?.seq ?? 0) ? undefined : last
}

/** A slow reader is let go with 4413 and its cursor, and gets the rest when it comes back with it. */
async function afterEnd(bench: Bench, slow: Probe): Promise<FrameOf<'event'>[]> {
  const bye = slow.of('bye')[0]
  demand(slow.closed === FEED_CLOSE.tooSlow.code && bye?.retryable === true, 'conformance.why.close', {
    wanted: FEED_CLOSE.tooSlow.code,
    got: slow.closed ?? 0,
  })
  const back = await bench.live({ from: { cursor: bye.cursors['s'] ?? placeOf(slow) } })
  demand(back.of('subscribed')[0]?.recovered === true, 'conformance.why.recovered')
  return back.of('event')
}

/** Every alert of the history has come to its last revision, and none went back. */
function endState(events: FrameOf<'event'>[], history: FrameOf<'event'>[]): void {
  const reached = new Map<string, number>()
  for (const { event } of events) {
    const { id, revision } = event.data
    demand((reached.get(id) ?? 0) < revision, 'conformance.why.twice', { got: event.id })
    reached.set(id, revision)
  }
  for (const { event, seq } of history) demand((reached.get(event.data.id) ?? 0) >= event.data.revision, 'conformance.why.differs', { seq, id: event.id })
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
