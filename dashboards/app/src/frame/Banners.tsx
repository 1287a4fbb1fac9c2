import { useEffect, useState } from 'react'
import type { Connection } from '../feed/store.ts'
import { age, clockTime } from '../words/format.ts'
import { useWords } from '../words/language.ts'
import { useNow } from './use-now.ts'

const NOTICE_MS = 8_000

/** What stands between the reader and the present, in a line that covers nothing. */
export function Banners({ connection, rulesFailed, onReconnect }: { connection: Connection; rulesFailed: boolean; onReconnect: () => void }) {
  const { say } = useWords()
  return (
    <div className="banners">
      <ConnectionBanner connection={connection} onReconnect={onReconnect} />
      {rulesFailed && (
        <p className="banner" data-kind="warning">
          {say('banner.rules-failed')}
        </p>
      )}
    </div>
  )
}

function ConnectionBanner({ connection, onReconnect }: { connection: Connection; onReconnect: () => void }) {
  const { say } = useWords()
  const now = useNow()
  const { phase, attempt, retryAt, lastFrameAt, heartbeatMs, notice, closedWhy } = connection
  const [past, setPast] = useState<typeof notice>()
  useEffect(() => {
    if (notice === undefined) return
    const timer = window.setTimeout(() => setPast(notice), NOTICE_MS)
    return () => window.clearTimeout(timer)
  }, [notice])
  const time = lastFrameAt === undefined ? say('banner.never') : clockTime(new Date(lastFrameAt).toISOString())

  if (phase === 'closed')
    return (
      <Line kind="error" id="closed" text={say('banner.closed', { why: closedWhy ?? '' })}>
        <button type="button" onClick={() => location.reload()}>
          {say('retry')}
        </button>
      </Line>
    )
  if (phase === 'waiting') {
    const seconds = Math.max(0, Math.ceil(((retryAt ?? now) - now) / 1000))
    return (
      <Line kind="warning" id="reconnecting" text={say('banner.reconnecting', { seconds, attempt, time })}>
        <button type="button" onClick={onReconnect}>
          {say('banner.now')}
        </button>
      </Line>
    )
  }
  if (phase === 'connecting' && attempt > 0) return <Line kind="warning" id="reconnecting" text={say('banner.connecting-again', { attempt, time })} />
  if (phase === 'live' && lastFrameAt !== undefined && now - lastFrameAt > 1.5 * heartbeatMs) {
    const since = age(now - lastFrameAt)
    return <Line kind="warning" id="stale" text={say('banner.stale', { age: say(since.name, { n: since.n }) })} />
  }
  if (notice !== undefined && notice !== past)
    return <Line kind="good" id={notice.kind} text={notice.kind === 'resumed' ? say('banner.resumed', { count: notice.count }) : say('banner.reloaded')} />
  return null
}

function Line({ kind, id, text, children }: { kind: string; id: string; text: string; children?: React.ReactNode }) {
  return (
    <div className="banner" data-kind={kind} data-testid={`banner-${id}`}>
      <span>{text}</span>
      {children}
    </div>
  )
}
