/** The gateway: several report at once while the broker is restarted, cleanly and with SIGKILL; every event that was answered with 202 is in the log. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSystem } from '../../pipeline/cold/run/system.ts'
import type { StaticUser } from '../../pipeline/desk/entitlements/users.ts'
import { valuesIn } from '../../pipeline/kafka/testing/values.ts'
import { ensureTopics } from '../../pipeline/kafka/topics.ts'
import type { Suite } from './suite.ts'
import { median, sleep, some } from './verdict.ts'

const USER: StaticUser = { name: 'desk-B0001', role: 'desk', institution: 'B0001', token: 'token-of-desk-B0001' }
const RETRY_MS = 250

export const gateway: Suite = async (broker, { restarts = 2, betweenMs = 10_000, outageMs = 20_000, atOnce = 16, batch = 50 }) => {
  const kafka = { brokers: broker.brokers, prefix: 'gateway.' }
  await ensureTopics({ ...kafka, partitions: 4 })
  const system = await startSystem({
    kafka,
    data: mkdtempSync(join(tmpdir(), 'lookthrough-gateway-')),
    roles: ['desk'],
    rules: [],
    parameters: [],
    desk: { host: '127.0.0.1', port: 0 },
    users: [USER],
    log: () => undefined,
  })
  try {
    const callers = new Callers(`${system.desk?.url ?? ''}/v1/events`, batch)
    const calling = Array.from({ length: atOnce }, (_, k) => callers.run(k))
    for (let k = 0; k < restarts; k++) {
      await sleep(betweenMs)
      if (k % 2 === 1) {
        await broker.kill()
        await sleep(outageMs)
      }
      await broker.restart()
    }
    await sleep(betweenMs)
    callers.stop()
    await Promise.all(calling)
    return await compared(callers, await valuesIn(kafka, 'pay.payment'))
  } finally {
    await system.stop()
  }
}

async function compared(callers: Callers, values: readonly Buffer[]): Promise<Awaited<ReturnType<Suite>>> {
  const inLog = new Set(values.map((v) => (JSON.parse(v.toString()) as { id: string }).id))
  const lost = callers.accepted.filter((id) => !inLog.has(id))
  const { took } = callers
  return {
    figures: {
      'events answered 202': callers.accepted.length,
      'of them lost': lost.length,
      'messages in the log': values.length,
      'distinct events in the log': inLog.size,
      answers: [...callers.answers].map(([what, n]) => `${what} × ${n}`).join(', '),
      '202 after ms, median': Math.round(median(took)),
      '202 after ms, longest': Math.round(took.reduce((most, ms) => Math.max(most, ms), 0)),
      'RSS MiB, desk and callers': Math.round(process.memoryUsage().rss / (1 << 20)),
    },
    differences: [
      ...some(`events answered 202 are not in the log, such as ${lost[0]}`, lost.length),
      ...some(
        'answers were neither 202, 429 nor 503',
        [...callers.answers].reduce((n, [what, times]) => (EXPECTED.has(what) ? n : n + times), 0),
      ),
      ...some('events were answered 202', callers.accepted.length === 0 ? 1 : 0),
    ],
  }
}

const EXPECTED = new Set(['202', '429', '503'])

/** Each sends one request after the other, the same again until it is answered 202. */
class Callers {
  readonly accepted: string[] = []
  readonly answers = new Map<string, number>()
  /** ms from a request to its 202. */
  readonly took: number[] = []
  readonly #url: string
  readonly #batch: number
  #stopping = false

  constructor(url: string, batch: number) {
    this.#url = url
    this.#batch = batch
  }

  stop(): void {
    this.#stopping = true
  }

  async run(caller: number): Promise<void> {
    for (let request = 0; !this.#stopping; request++) {
      const ids = Array.from({ length: this.#batch }, (_, k) => `${caller}-${request}-${k}`)
      while (!(await this.#post(`${caller}-${request}`, ids)) && !this.#stopping) await sleep(RETRY_MS)
    }
  }

  async #post(key: string, ids: readonly string[]): Promise<boolean> {
    const started = performance.now()
    const headers = { authorization: `Bearer ${USER.token}`, 'content-type': 'application/cloudevents-batch+json', 'idempotency-key': `"${key}"` }
    const body = JSON.stringify(ids.map((id, k) => paymentOf(id, k)))
    const response = await fetch(this.#url, { method: 'POST', headers, body })
    const { accepted } = (await response.json()) as { accepted?: number }
    this.answers.set(String(response.status), (this.answers.get(String(response.status)) ?? 0) + 1)
    if (response.status !== 202) return false
    if (accepted !== ids.length) throw new Error(`${accepted} of ${ids.length} events were accepted`)
    this.took.push(performance.now() - started)
    this.accepted.push(...ids)
    return true
  }
}

function paymentOf(id: string, k: number): Record<string, unknown> {
  const [debtorAccount, creditorAccount] = [`A${k}`, `A${k + 1}`]
  return {
    specversion: '1.0',
    id,
    source: '/institutions/B0001/gateway',
    type: 'pay.payment',
    time: new Date().toISOString(),
    subject: debtorAccount,
    institution: 'B0001',
    sequence: '1',
    data: { paymentId: id, debtorId: 'D', debtorAccount, creditorId: 'C', creditorAccount, amount: '10.00', ccy: 'CNY', channel: 'online', crossBorder: false },
  }
}
