/** The port between the desk and what it is built from: the alerts topic and the action log. */
import type { Action } from './action.ts'
import type { PublishedAlert } from './alert.ts'
import type { Position } from './source.ts'

/** One record at its place. `at`: when it was written, wall ms. One that is neither cannot be read, and only has its place. */
export type LogRecord = Position & { at: number; alert?: PublishedAlert; action?: Action }

export type DeskLog = {
  /** From these offsets on (a partition that is not named: from its beginning), then each as it comes, until `signal` aborts. */
  read(from: readonly Position[], signal: AbortSignal): AsyncIterable<LogRecord>
  /** The first of these places that the log does not reach: it was made anew. */
  isMissing(from: readonly Position[]): Promise<Position | undefined>
  /** Resolves once every in-sync replica has all of them. */
  write(actions: readonly Action[]): Promise<void>
}
