/** Frames that are wrong, and how the desk ends a connection. */
import { FEED_CLOSE } from '../../contract/feed-close.ts'
import { type Bench, type Check, demand } from './bench.ts'
import type { Probe } from './probe.ts'

const GARBAGE: (string | Buffer)[] = [
  'nonsense',
  '[]',
  '{}',
  '{"op":"subscribe"}',
  '{"op":"subscribe","sid":"x","from":42}',
  Buffer.from([0, 255, 254, 1]),
  '['.repeat(20_000),
]
/** The desk's own code, and those of WebSocket for bytes, text that is no UTF-8, and too much. */
const ENDS_OF_GARBAGE: number[] = [FEED_CLOSE.badFrame.code, 1003, 1007, 1009]

export const FRAMES: Check[] = [
  {
    name: 'conformance.unknownFields',
    async run(bench) {
      const probe = await bench.connected()
      probe.send(JSON.stringify({ op: 'subscribe', sid: 's', from: 'now', ofAnotherVersion: { a: [1] } }))
      const came = await probe.until(() => probe.of('subscribed').length > 0 || probe.closed !== undefined, bench.setup.patienceMs)
      demand(came && probe.isOpen, 'conformance.why.unknownFields', { got: probe.closed ?? 0 })
    },
  },
  {
    name: 'conformance.garbage',
    async run(bench) {
      for (const what of [...GARBAGE, ' '.repeat((await longest(bench)) + 1)]) {
        const probe = await bench.connected()
        probe.send(what)
        await probe.until(() => probe.of('error').length > 0 || probe.closed !== undefined, bench.setup.patienceMs)
        const { closed } = probe
        const isTold = closed === undefined ? probe.of('error').length > 0 : ENDS_OF_GARBAGE.includes(closed)
        demand(isTold, 'conformance.why.garbage', { frame: JSON.stringify(what.toString().slice(0, 40)), got: closed ?? 0 })
        probe.end()
      }
      await bench.live({ from: 'now' })
    },
  },
  {
    name: 'conformance.sidInUse',
    async run(bench) {
      const probe = await bench.live({ from: 'now' })
      probe.send({ op: 'subscribe', sid: 's', from: 'now' })
      await probe.until(() => probe.of('error').length > 0 || probe.closed !== undefined, bench.setup.patienceMs)
      const isTold = probe.of('error', 's').length > 0 || probe.closed === FEED_CLOSE.sidInUse.code
      demand(isTold, 'conformance.why.close', { wanted: FEED_CLOSE.sidInUse.code, got: probe.closed ?? 0 })
    },
  },
  {
    name: 'conformance.cursorGone',
    async run(bench) {
      const probe = await bench.connected()
      probe.send({ op: 'subscribe', sid: 's', from: { cursor: 'of-nowhere' }, onGap: 'fail' })
      await closes(probe, FEED_CLOSE.cursorGone.code, bench.setup.patienceMs)
      demand(probe.of('bye')[0]?.retryable === false, 'conformance.why.noBye')
    },
  },
  {
    name: 'conformance.noSubscription',
    async run(bench) {
      const probe = await bench.connected()
      await probe.until(() => probe.of('hello').length > 0, bench.setup.patienceMs)
      const withinMs = probe.of('hello')[0]?.limits.subscribeWithinMs ?? 10_000
      await closes(probe, FEED_CLOSE.noSubscription.code, withinMs + 5000)
    },
  },
]

async function longest(bench: Bench): Promise<number> {
  const probe = await bench.connected()
  await probe.until(() => probe.of('hello').length > 0, bench.setup.patienceMs)
  return probe.of('hello')[0]?.limits.frameBytes ?? 1 << 20
}

async function closes(probe: Probe, code: number, withinMs: number): Promise<void> {
  await probe.until(() => probe.closed !== undefined, withinMs)
  demand(probe.closed === code, 'conformance.why.close', { wanted: code, got: probe.closed ?? 0 })
}
