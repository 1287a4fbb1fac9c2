/** How a connection begins and keeps going. */
import { FEED_PROTOCOL } from '../../contract/feed-close.ts'
import { type Check, demand } from './bench.ts'

const MAX_SKEW_MS = 5000
const MAX_HEARTBEAT_MS = 60_000

export const WIRE: Check[] = [
  {
    name: 'conformance.handshake',
    async run(bench) {
      const probe = await bench.connected()
      demand(probe.socket.protocol === FEED_PROTOCOL, 'conformance.why.protocol', { got: probe.socket.protocol, protocol: FEED_PROTOCOL })
      for (const token of [undefined, 'of-nobody']) {
        const stranger = await bench.open({ token })
        demand(stranger.refused === 401, 'conformance.why.stranger', { got: stranger.refused ?? 101 })
      }
    },
  },
  {
    name: 'conformance.tokenInAddress',
    async run(bench) {
      for (const name of ['token', 'access_token']) {
        const query = `?${name}=${encodeURIComponent(bench.setup.token)}`
        const probe = await bench.open({ url: `${bench.setup.url}/v1/feed${query}`, token: undefined })
        demand(!probe.isOpen && probe.refused === 401, 'conformance.why.tokenInAddress', { name, got: probe.refused ?? 101 })
        const { status } = await bench.get(`/v1/alerts${query}`, { token: null })
        demand(status === 401, 'conformance.why.tokenInAddress', { name, got: status })
      }
    },
  },
  {
    name: 'conformance.hello',
    async run(bench) {
      const probe = await bench.connected()
      await probe.until(() => probe.seen.length > 0, bench.setup.patienceMs)
      const hello = probe.seen[0]?.frame
      demand(hello?.type === 'hello' && hello.v === 1, 'conformance.why.hello', { got: hello?.type ?? '' })
      demand(hello.heartbeatMs > 0 && hello.heartbeatMs <= MAX_HEARTBEAT_MS, 'conformance.why.heartbeatMs', { got: hello.heartbeatMs })
    },
  },
  {
    name: 'conformance.clock',
    async run(bench) {
      const probe = await bench.connected()
      await probe.until(() => probe.of('hello').length > 0, bench.setup.patienceMs)
      const [hello] = probe.timed('hello')
      const skewMs = hello === undefined ? NaN : Date.parse(hello.frame.serverTime) - hello.atMs
      demand(Math.abs(skewMs) <= MAX_SKEW_MS, 'conformance.why.clock', { seconds: (skewMs / 1000).toFixed(1), max: MAX_SKEW_MS / 1000 })
    },
  },
  {
    name: 'conformance.heartbeats',
    async run(bench) {
      const probe = await bench.live({ from: 'now' })
      const everyMs = probe.of('hello')[0]?.heartbeatMs ?? 0
      const came = await probe.until(() => probe.of('heartbeat').length >= 2, 3 * everyMs)
      demand(came, 'conformance.why.heartbeats', { seconds: (3 * everyMs) / 1000 })
      const [first, second] = probe.timed('heartbeat')
      const betweenMs = (second?.atMs ?? NaN) - (first?.atMs ?? 0)
      demand(betweenMs <= 1.5 * everyMs && betweenMs >= 0.5 * everyMs, 'conformance.why.beat', { got: betweenMs, wanted: everyMs })
      demand(first?.frame.cursors['s'] !== undefined, 'conformance.why.beatCursor')
    },
  },
]
