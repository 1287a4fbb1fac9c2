import { parseTime } from '../../contract/index.ts'
import type { Column } from '../text-index.ts'
import type { StatementRef } from './refs.ts'
import { ALL, NONE, parseShare, type Share } from './share.ts'

export const OWNERSHIP_KINDS = ['equity', 'votes', 'control', 'dependence'] as const
export type OwnershipKind = (typeof OWNERSHIP_KINDS)[number]

/**
 * A statement of `ref.ownership` (contract §1); shares are decimal texts. A share is exact, or a range whose missing bound is 0 or the whole; without any it may
 * be anything between. It holds from Shanghai midnight at the start of `from` until that of `to`, the day it ends.
 */
export type OwnershipStatement = {
  owner: string
  owned: string
  kind: OwnershipKind
  share?: string | undefined
  shareMin?: string | undefined
  shareMax?: string | undefined
  isComponent?: boolean | undefined
  declared?: boolean | undefined
  from?: string | undefined
  to?: string | undefined
  ref: StatementRef
}

/**
 * Many statements at once, a row each. Names are bytes; `kind` is a place among `OWNERSHIP_KINDS`; `min` and `max` are bounds in units of 10^-10; `from` and
 * `to` are ms, infinite where it does not say. `ref` is asked when somebody wants to know.
 */
export type OwnershipColumns = {
  count: number
  id: Column
  owner: Column
  owned: Column
  kind: Int32Array
  isComponent: Int32Array
  isUndeclared: Int32Array
  min: Float64Array
  max: Float64Array
  from: Float64Array
  to: Float64Array
  ref(row: number): StatementRef
}

/** The least and the most it can be; control and dependence have no share. */
export function boundsOf({ kind, share, shareMin, shareMax }: OwnershipStatement): { min: Share; max: Share } {
  if (kind === 'control' || kind === 'dependence') return SHARELESS
  if (share !== undefined) {
    const exact = parseShare(share)
    return { min: exact, max: exact }
  }
  return { min: shareMin === undefined ? NONE : parseShare(shareMin), max: shareMax === undefined ? ALL : parseShare(shareMax) }
}

const SHARELESS = { min: NONE, max: NONE }

/** When it begins and ends, ms: infinite where it does not say. */
export function term({ from, to }: OwnershipStatement): [from: number, to: number] {
  return [startOfDay(from) ?? Number.NEGATIVE_INFINITY, startOfDay(to) ?? Number.POSITIVE_INFINITY]
}

function startOfDay(day: string | undefined): number | undefined {
  return day === undefined ? undefined : parseTime(`${day}T00:00:00+08:00`)
}
