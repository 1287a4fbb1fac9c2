/** Topics that get more partitions while they are read. */
import { LookthroughError } from '../contract/index.ts'
import type { LiveSource } from './source.ts'

/** `found` rejects with LT-2408 once the broker has partitions the source does not read; it never resolves. A broker that cannot be asked is asked again. */
export function lookForGrowth(source: Pick<LiveSource, 'unread'>, everyMs: number): { found: Promise<never>; stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let stopped = false
  const found = new Promise<never>((_, reject) => {
    const look = async () => {
      const unread = await source.unread().catch(() => [])
      if (unread.length > 0) reject(new LookthroughError('LT-2408', { partitions: unread.join(', ') }))
      else if (!stopped) next()
    }
    const next = () => {
      timer = setTimeout(() => {
        looking = look()
      }, everyMs)
    }
    next()
  })
  found.catch(() => undefined)
  return {
    found,
    async stop() {
      stopped = true
      clearTimeout(timer)
      await looking
    },
  }
}
