import { SingleBar } from 'cli-progress'
import type { Language } from '../../contract/errors.ts'
import { type MessageKey, say } from '../../messages/index.ts'

export type Progress = {
  /** How much of the log was read, in whatever it is counted, and of how much, where that is known. */
  of(read: number, total: number | undefined): void
  events(read: number): void
  stop(): void
}

/** A bar on a terminal; silence elsewhere. Standard input has no total, so it shows the count alone. */
export function progressBar(language: Language, text: MessageKey): Progress {
  if (!process.stderr.isTTY) return { of() {}, events() {}, stop() {} }
  const bar = new SingleBar({ format: say(text, language), stream: process.stderr, clearOnComplete: true, hideCursor: true })
  let events = 0
  bar.start(1, 0, { events })
  return {
    of(read, total) {
      bar.setTotal(total ?? read * 2)
      bar.update(read, { events })
    },
    events(read) {
      events = read
      bar.update({ events })
    },
    stop: () => bar.stop(),
  }
}
