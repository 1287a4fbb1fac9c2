import { useEffect, useState } from 'react'
import type { FeedStore } from '../feed/store.ts'
import { useWords } from '../words/language.ts'

const DIGEST_MS = 10_000

/** For those who listen rather than look: what is new, in one sentence, at most every ten seconds. */
export function Digest({ store }: { store: FeedStore }) {
  const { say } = useWords()
  const [text, setText] = useState('')
  useEffect(() => {
    let count = 0
    let red = 0
    const stop = store.onArrival((alert) => {
      count += 1
      if (alert.severity === 'red') red += 1
    })
    const timer = window.setInterval(() => {
      if (count > 0) setText(say('digest', { count, red }))
      count = 0
      red = 0
    }, DIGEST_MS)
    return () => {
      stop()
      window.clearInterval(timer)
    }
  }, [store, say])
  return (
    <p className="unseen" role="status" aria-live="polite" data-testid="digest">
      {text}
    </p>
  )
}
