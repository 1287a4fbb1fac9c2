/** What stands between this machine and the feed: one step after the other, each with what was found and, where it fails, how to mend it. */
import { FEED_PROTOCOL } from '../contract/feed-close.ts'
import type { Facts } from '../contract/errors.ts'
import { type MessageKey, say } from '../messages/index.ts'
import { Bench, type Setup } from './conformance/bench.ts'
import type { Probe } from './conformance/probe.ts'

export type Finding = { step: string; ok: boolean; says: string; fix: string | null }

/** `facts` of what was found. What ends in `stop` makes all that follows pointless. */
type Found = { outcome: 'ok' | 'no' | 'stop'; facts: Facts }
type Step = { name: StepName; look(bench: Bench): Promise<Found> }
type StepName = 'reach' | 'token' | 'handshake' | 'clock' | 'trip' | 'snapshot' | 'resume' | 'heartbeat' | 'test'

const MAX_SKEW_MS = 5000
const PINGS = 5

export async function doctor(setup: Setup, tell: (finding: Finding) => void): Promise<Finding[]> {
  const bench = new Bench(setup)
  const findings: Finding[] = []
  try {
    for (const { name, look } of STEPS) {
      const { outcome, facts } = await look(bench).catch((error: unknown): Found => ({ outcome: 'no', facts: { why: String(error) } }))
      const text = (key: MessageKey) => say(key, setup.language, { url: setup.url, why: '', ...facts })
      const ok = outcome === 'ok'
      const finding = { step: name, ok, says: text(ok ? `doctor.${name}` : `doctor.${name}.no`), fix: ok ? null : text(`doctor.${name}.fix`) }
      findings.push(finding)
      tell(finding)
      if (outcome === 'stop') break
    }
  } finally {
    await bench.close()
  }
  return findings
}

const STEPS: Step[] = [
  {
    name: 'reach',
    async look(bench) {
      const start = performance.now()
      try {
        const { status } = await bench.get('/livez', { token: null })
        return { outcome: status === 200 ? 'ok' : 'stop', facts: { ms: since(start), why: String(status) } }
      } catch (error) {
        return { outcome: 'stop', facts: { why: reason(error) } }
      }
    },
  },
  {
    name: 'token',
    async look(bench) {
      const { status, body } = await bench.get('/v1/me')
      if (status !== 200) return { outcome: 'stop', facts: { why: String(status) } }
      const { name, role, institution } = JSON.parse(body) as { name: string; role: string; institution: string | null }
      return { outcome: 'ok', facts: { name, role, institution: institution ?? '*' } }
    },
  },
  {
    name: 'handshake',
    async look(bench) {
      const probe = await bench.open()
      const { protocol } = probe.socket
      const why = probe.isOpen ? protocol : String(probe.refused ?? probe.closed ?? '')
      return { outcome: probe.isOpen && protocol === FEED_PROTOCOL ? 'ok' : 'stop', facts: { protocol: FEED_PROTOCOL, why } }
    },
  },
  {
    name: 'clock',
    async look(bench) {
      const probe = await bench.connected()
      await probe.until(() => probe.of('hello').length > 0, bench.setup.patienceMs)
      const [hello] = probe.timed('hello')
      const ms = hello === undefined ? Infinity : Date.parse(hello.frame.serverTime) - hello.atMs
      return found(Math.abs(ms) <= MAX_SKEW_MS, { ms })
    },
  },
  {
    name: 'trip',
    async look(bench) {
      const probe = await bench.connected()
      const times: number[] = []
      for (let k = 0; k < PINGS; k++) times.push(await pinged(probe, bench.setup.patienceMs))
      times.sort((a, b) => a - b)
      const ms = times[Math.floor(PINGS / 2)] ?? Infinity
      return found(Number.isFinite(ms), { ms: ms.toFixed(1) })
    },
  },
  {
    name: 'snapshot',
    async look(bench) {
      const start = performance.now()
      const probe = await bench.live({ from: 'snapshot' })
      return { outcome: 'ok', facts: { ms: since(start), alerts: probe.of('snapshot').reduce((sum, { items }) => sum + items.length, 0) } }
    },
  },
  {
    name: 'resume',
    async look(bench) {
      const cursor = (await bench.live({ from: 'now' })).of('live')[0]?.cursor ?? ''
      const probe = await bench.live({ from: { cursor } })
      return found(probe.of('subscribed')[0]?.recovered === true, {})
    },
  },
  {
    name: 'heartbeat',
    async look(bench) {
      const start = performance.now()
      const probe = await bench.live({ from: 'now' })
      const everyMs = probe.of('hello')[0]?.heartbeatMs ?? 0
      const came = await probe.until(() => probe.of('heartbeat').length > 0, 1.5 * everyMs)
      return found(came, { seconds: everyMs / 1000, ms: since(start) })
    },
  },
  {
    name: 'test',
    async look(bench) {
      const probe = await bench.live({ from: 'now' })
      const start = performance.now()
      const { status } = await bench.get('/v1/feed/test', { method: 'POST' })
      const came = status === 202 && (await probe.until(() => probe.of('test').length > 0, bench.setup.patienceMs))
      return found(came, { ms: since(start), why: String(status) })
    },
  },
]

function found(ok: boolean, facts: Facts): Found {
  return { outcome: ok ? 'ok' : 'no', facts }
}

function since(start: number): number {
  return Math.round(performance.now() - start)
}

/** There and back, in ms; Infinity when it does not come back. */
async function pinged(probe: Probe, patienceMs: number): Promise<number> {
  const start = performance.now()
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(Infinity), patienceMs)
    probe.socket.once('pong', () => {
      clearTimeout(timer)
      resolve(performance.now() - start)
    })
    probe.socket.ping()
  })
}

/** Of a fetch that came to nothing, what lies beneath. */
function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(error)
}
