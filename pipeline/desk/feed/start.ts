/** Where a subscription begins. Whoever asks for a place that leads nowhere gets everything, or a refusal where it prefers that: never a part. */
import type { FeedFrom } from '../../contract/feed.ts'
import { parseTime } from '../../contract/index.ts'
import type { Channel } from './channel.ts'
import type { Durables } from './durables.ts'

/** `seq`: the entries after it follow. `recovered`: nothing that was there before is told again. */
export type Start = { seq: number; recovered: boolean; snapshot: boolean }

const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Undefined when the place leads nowhere and the reader rather ends than starts over. */
export async function startOf(
  channel: Channel,
  durables: Durables,
  from: FeedFrom = 'snapshot',
  onGap: 'snapshot' | 'fail' = 'snapshot',
): Promise<Start | undefined> {
  if (from === 'snapshot' || from === 'now') return { seq: channel.stream.seq, recovered: false, snapshot: from === 'snapshot' }
  const asked = await placeOf(channel, durables, from)
  if (asked !== undefined && channel.stream.after(asked, 0) !== undefined) return { seq: asked, recovered: true, snapshot: false }
  // A durable subscription that nobody has acknowledged anything on begins with everything, and is no gap.
  const isNew = 'durable' in from && asked === undefined
  return onGap === 'snapshot' || isNew ? { seq: channel.stream.seq, recovered: false, snapshot: true } : undefined
}

async function placeOf(channel: Channel, durables: Durables, from: Exclude<FeedFrom, string>): Promise<number | undefined> {
  if ('cursor' in from) return channel.seqOf(from.cursor)
  if ('durable' in from) return await durables.position(channel.name, from.durable)
  return before(channel, 'since' in from ? (parseTime(from.since) ?? Number.NaN) : Date.now() - msOf(from.last))
}

/** `15m` in ms. */
function msOf(last: string): number {
  return Number(last.slice(0, -1)) * MS[last.slice(-1) as keyof typeof MS]
}

const AT_ONCE = 1000

/** The sequence before the first entry whose time (`at`) is not before `ms`; what came later with an earlier time follows too. */
function before({ stream }: Channel, ms: number): number | undefined {
  const time = new Date(ms).toISOString()
  let seq = stream.first - 1
  if (seq > 0 && (stream.after(seq, 1)?.[0]?.alert.at ?? '') >= time) return undefined
  for (;;) {
    const entries = stream.after(seq, AT_ONCE)
    const found = entries?.find(({ alert }) => alert.at >= time)
    if (found !== undefined) return found.seq - 1
    if (entries === undefined || entries.length === 0) return seq
    seq += entries.length
  }
}
