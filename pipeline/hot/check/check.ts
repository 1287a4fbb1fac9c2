/** check: what the rules find, once the watermark allows: state and look-through at ticks, windows as they qualify and close. */
import { concatMap, type OperatorFunction } from 'rxjs'
import type { Batched, Checked } from '../../contract/stage.ts'
import type { StateCheck } from './state.ts'
import type { WindowCheck } from './windows.ts'

export type CheckPart = { state: StateCheck; windows: WindowCheck }

export function check(part: CheckPart): OperatorFunction<Batched, Checked> {
  return concatMap(async (batched) => {
    const state = await part.state.check(batched.stateHorizon, batched.waiting)
    const windows = await part.windows.check(batched.windowHorizon)
    return { findings: [...state, ...windows], received: batched.received }
  })
}
