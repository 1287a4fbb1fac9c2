/**
 * check: what the rules find. Occurrences by themselves as they come; corrections and the rest once the watermark allows: state, look-through and what has
 * not come at ticks, windows as they qualify and close.
 */
import { concatMap, type OperatorFunction } from 'rxjs'
import type { Finding } from '../../contract/finding.ts'
import type { Batched, Checked, Spoken } from '../../contract/stage.ts'
import type { DueCheck } from './due/due.ts'
import type { OccurrenceCheck } from './occurrences.ts'
import type { OutlierCheck } from './outliers/outliers.ts'
import type { StateCheck } from './state.ts'
import type { WindowCheck } from './windows.ts'

export type CheckPart = { occurrences: OccurrenceCheck; outliers: OutlierCheck; state: StateCheck; windows: WindowCheck; due: DueCheck } & {
  /** Told what was found before anything is decided, inside the transaction: evidence can still be asked for. */
  told?: Told
}
/** `horizon`: ticks up to it are judged by every rule, ms. */
export type Told = (findings: readonly Finding[], windows: WindowCheck, horizon: number) => Promise<void>

export function check(part: CheckPart): OperatorFunction<Batched, Checked> {
  return concatMap(async (batched) => {
    const occurrences = await part.occurrences.check(batched.fresh, batched.streamHorizon)
    const outliers = await part.outliers.check(batched.streamHorizon)
    const state = await part.state.check(batched, await part.occurrences.due(batched.stateHorizon))
    const [windows, spoken] = await Promise.all([part.windows.check(batched.streamHorizon, batched.stateHorizon), spokenMeanwhile(batched)])
    const due = await part.due.check(batched.horizon, spoken)
    const findings = [...occurrences, ...outliers, ...state, ...windows, ...due]
    await part.told?.(findings, part.windows, batched.horizon)
    return {
      findings,
      letters: batched.letters,
      received: batched.received,
      horizon: batched.horizon,
    }
  })
}

/** Put together once the database has been asked something: it needs nothing but this thread. */
function spokenMeanwhile(batched: Batched): Promise<Spoken[]> {
  return new Promise((resolve) => setImmediate(resolve)).then(() => batched.spoken())
}
