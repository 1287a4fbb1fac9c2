/**
 * The distinct pairs of an owner and an owned among statements, those of one owned side by side; `pair`: by statement, which it is of. All are numbers
 * below `parties`.
 */
export function pairUp(owner: Int32Array, owned: Int32Array, parties: number): { count: number; owner: Int32Array; owned: Int32Array; pair: Int32Array } {
  const pairs = { count: 0, owner: new Int32Array(owner.length), owned: new Int32Array(owner.length), pair: new Int32Array(owner.length) }
  /** By owner: the last pair it is in. */
  const last = new Int32Array(parties).fill(-1)
  for (const statement of inOrder(owned, parties)) {
    const [by, of] = [owner[statement] as number, owned[statement] as number]
    let pair = last[by] as number
    if (pair < 0 || pairs.owned[pair] !== of) {
      pair = last[by] = pairs.count++
      pairs.owner[pair] = by
      pairs.owned[pair] = of
    }
    pairs.pair[statement] = pair
  }
  return { ...pairs, owner: pairs.owner.slice(0, pairs.count), owned: pairs.owned.slice(0, pairs.count) }
}

/** Places of `keys` by key, below `size`; equal ones as they come. */
function inOrder(keys: Int32Array, size: number): Int32Array {
  const next = new Int32Array(size + 1)
  for (const key of keys) next[key + 1] = (next[key + 1] as number) + 1
  for (let key = 0; key < size; key++) next[key + 1] = (next[key + 1] as number) + (next[key] as number)
  const order = new Int32Array(keys.length)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number
    const at = next[key] as number
    order[at] = i
    next[key] = at + 1
  }
  return order
}
