/** Where a subscription begins. Whoever asks for a place that leads nowhere gets everything, or a refusal where it prefers that: never a part. */
import type { FeedFrom } from '../../contract/feed.ts'
import { formatTime, parseTime } from '../../contract/index.ts'
import type { Channel } from './channel.ts'
import type { Durables } from './durables.ts'

/** `after`: the sequence to go on after; undefined: the newest there is when it begins, behind a snapshot of it where there is to be one. */
export type Start = { after: number | undefined; snapshot: boolean }

const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Undefined when the place leads nowhere and the reader rather ends than starts over. */
export async function startOf(
  channel: Channel,
  durables: Durables,
  from: FeedFrom = 'snapshot',
  onGap: 'snapshot' | 'fail' = 'snapshot',
): Promise<Start | undefined> {
  if (from === 'snapshot' || from === 'now') return { after: undefined, snapshot: from === 'snapshot' }
  const asked = await placeOf(channel, durables, from)
  if (asked !== undefined && channel.stream.holds(asked)) return { after: asked, snapshot: false }
  // A durable subscription that nobody has acknowledged anything on begins with everything, and is no gap.
  const isNew = 'durable' in from && asked === undefined
  return onGap === 'snapshot' || isNew ? { after: undefined, snapshot: true } : undefined
}

async function placeOf(channel: Channel, durables: Durables, from: Exclude<FeedFrom, string>): Promise<number | undefined> {
  if ('cursor' in from) return channel.seqOf(from.cursor)
  if ('durable' in from) return await durables.position(channel.name, from.durable)
  const since = 'since' in from ? parseTime(from.since) : Date.now() - msOf(from.last)
  return since === undefined ? undefined : channel.stream.seqBefore(formatTime(since))
}

/** `15m` in ms. */
function msOf(last: string): number {
  return Number(last.slice(0, -1)) * MS[last.slice(-1) as keyof typeof MS]
}
