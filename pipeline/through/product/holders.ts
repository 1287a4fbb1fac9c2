/** An institution as a holder of products: what it holds, and what comes of it. Amounts in minor units. */
import type { EvidenceRef } from '../../contract/index.ts'
import { Sums } from './sums.ts'

export class Holder {
  readonly id: number
  readonly name: string
  /** By position. */
  readonly stakes = new Map<string, StakeRecord>()
  /** Amounts by obligor, see `obligorCode`. */
  readonly sums = new Sums()
  /** All amounts together, and those that reach lines of a kind, see `kindCode`. */
  readonly aside = new Sums()
  /** Product → its pair with this holder. */
  readonly pairs = new Map<number, number>()
  /** An obligor below this amount within one structure stays with the structure. */
  least = Number.NEGATIVE_INFINITY
  /** Nodes of its tree, and those that stand where its tree ends in a circle. */
  nodes = 0
  readonly entries = new Set<number>()
  /** It has more paths than may be kept: its amounts come from the flow alone. */
  isCapped = false
  pools: Pool[] = []
  /** Its pairs that were withdrawn. */
  out: number[] = []
  /** What flows through its pools, by pair, in the order in which it is added up. */
  pooled = new Map<number, Pooled[]>()

  constructor(id: number, name: string) {
    this.id = id
    this.name = name
  }
}

/** What an institution holds in a product directly; value in minor units of CNY. */
export type Stake = { kind: string; product: string; tranche?: string; value: bigint; share?: number; ref: EvidenceRef }

export type StakeRecord = {
  holder: Holder
  position: string
  kind: string
  slot: number
  exact: bigint
  value: number
  share: number
  ref: EvidenceRef
  node: number
}

/**
 * Amounts that are no sum over paths: what reaches obligors through one circle of products (`smallest` its smallest product; `entries` the nodes
 * of the tree that lead into it), or all of a capped holder.
 */
export type Pool = {
  smallest: number | undefined
  entries: number[]
  /** Unrounded, by obligor and by kind of line; then rounded, as they stand in the sums. */
  exact: Map<number, number>
  exactKinds: Map<number, number>
  rows: Map<number, number>
  kinds: Map<number, number>
}
/** `part` of a slot that comes through a pool, and what comes to it without being carried further. */
export type Pooled = { pool: Pool; slot: number; part: number; unknown: number }

export type ObligorKind = 'party' | 'unknown' | 'structure'

/** The one unknown obligor. */
export const UNKNOWN_CODE = 0
/** What a party (the unknown one is 0) or a structure is called in the sums. */
export function obligorCode(kind: ObligorKind, id: number): number {
  return kind === 'structure' ? 2 * id + 1 : 2 * id
}

export const ALL_CODE = 0
export function kindCode(kind: number): number {
  return kind + 1
}
