/** One message to a receiver, signed by Standard Webhooks (standardwebhooks.com): no redirects, a deadline, nothing of the answer but its status. */
import { request as overHttp } from 'node:http'
import { request as overTls } from 'node:https'
import { Webhook } from 'standardwebhooks'
import type { Reach } from './guard.ts'

export type Message = { id: string; body: string }
/** `status`: of the answer; none where there was none, and `error` says why. `retryAfterMs`: as the receiver asks. */
export type Sent = { status?: number; error?: string; retryAfterMs?: number; ms: number }

const DEADLINE_MS = 15_000
const MAX_ANSWER_BYTES = 16 << 10

/** `secrets`: each signs, so that a receiver may know the old one or the new one. `now`: wall ms. `stop` ends it early. Never rejects. */
export async function send(url: string, { id, body }: Message, secrets: readonly string[], reach: Reach, now: number, stop: AbortSignal): Promise<Sent> {
  const started = performance.now()
  const at = new Date(now)
  const headers = {
    'content-type': 'application/cloudevents+json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'lookthrough',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  }
  const refused = reach.refuses(url)
  const outcome = refused === undefined ? await post(url, headers, body, { reach, now, stop }) : { error: refused }
  return { ...outcome, ms: Math.round(performance.now() - started) }
}

type Under = { reach: Reach; now: number; stop: AbortSignal }

function post(url: string, headers: Record<string, string>, body: string, { reach, now, stop }: Under): Promise<Omit<Sent, 'ms'>> {
  return new Promise((resolve) => {
    const request = (url.startsWith('https:') ? overTls : overHttp)(
      url,
      {
        method: 'POST',
        headers,
        agent: false,
        lookup: reach.lookup,
        signal: AbortSignal.any([stop, AbortSignal.timeout(DEADLINE_MS)]),
        maxHeaderSize: MAX_ANSWER_BYTES,
      },
      (answer) => {
        const { statusCode: status = 0 } = answer
        const retryAfterMs = waitOf(answer.headers['retry-after'], now)
        resolve({ status, ...(retryAfterMs !== undefined && { retryAfterMs }) })
        let read = 0
        answer.on('error', () => undefined)
        answer.on('data', (chunk: Buffer) => {
          read += chunk.length
          if (read > MAX_ANSWER_BYTES) answer.destroy()
        })
      },
    )
    request.on('error', (error) =>
      resolve({ error: stop.aborted ? 'the desk stopped' : error.name === 'AbortError' ? `no answer within ${DEADLINE_MS / 1000} s` : error.message }),
    )
    request.end(body)
  })
}

/** Seconds, or a date. */
function waitOf(retryAfter: string | undefined, now: number): number | undefined {
  if (retryAfter === undefined) return undefined
  const ms = /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
