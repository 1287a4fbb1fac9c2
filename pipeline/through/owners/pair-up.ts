import { Lists } from '../lists.ts'

/**
 * The distinct pairs of an owner and an owned among statements, those of one owned side by side; `pair`: by statement, which it is of. All are numbers
 * below `parties`.
 */
export function pairUp(owner: Int32Array, owned: Int32Array, parties: number): { count: number; owner: Int32Array; owned: Int32Array; pair: Int32Array } {
  const pairs = { count: 0, owner: new Int32Array(owner.length), owned: new Int32Array(owner.length), pair: new Int32Array(owner.length) }
  /** By owner: the last pair it is in. */
  const last = new Int32Array(parties).fill(-1)
  const statements = Lists.byKey(owned, parties)
  for (let of = 0; of < parties; of++) {
    for (const statement of statements.of(of)) {
      const by = owner[statement] as number
      let pair = last[by] as number
      if (pair < 0 || pairs.owned[pair] !== of) {
        pair = last[by] = pairs.count++
        pairs.owner[pair] = by
        pairs.owned[pair] = of
      }
      pairs.pair[statement] = pair
    }
  }
  return { ...pairs, owner: pairs.owner.slice(0, pairs.count), owned: pairs.owned.slice(0, pairs.count) }
}
