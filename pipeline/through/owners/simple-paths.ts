/** Steps followed towards one party, and the products below which a path is not followed on: the first, and where that takes too many steps the next. */
export const MOST_STEPS = 20_000
export const LEAST_PRODUCTS = [1e-9, 1e-7, 1e-5, 1e-3]

type Owner = { at: number; share: number }

/**
 * Sums of products over the simple paths (no party twice) from each member of a component to `target`; 1 from the target to itself. `owners[i]` in text order.
 * Where following them takes more than `MOST_STEPS` steps, the sums leave out the smaller paths: a lower bound, and `capped` says so.
 */
export function simplePathsTo(target: number, owners: readonly Owner[][]): { sums: Float64Array; capped: boolean } {
  let sums = new Float64Array(owners.length)
  for (const [i, least] of LEAST_PRODUCTS.entries()) {
    const { found, complete } = follow(target, owners, least)
    sums = found
    if (complete) return { sums, capped: i > 0 }
  }
  return { sums, capped: true }
}

/** Depth first, with a stack of its own; what it found when it ran out of steps, or all there is. */
function follow(target: number, owners: readonly Owner[][], least: number): { found: Float64Array<ArrayBuffer>; complete: boolean } {
  const found = new Float64Array(owners.length)
  const inside = new Uint8Array(owners.length)
  const path = [{ at: target, product: 1, next: 0 }]
  found[target] = 1
  inside[target] = 1
  for (let steps = 0; path.length > 0; ) {
    const top = path.at(-1) as (typeof path)[number]
    const owner = owners[top.at]?.[top.next++]
    if (owner === undefined) {
      inside[top.at] = 0
      path.pop()
      continue
    }
    const product = top.product * owner.share
    if (inside[owner.at] === 1 || product < least) continue
    if (++steps > MOST_STEPS) return { found, complete: false }
    found[owner.at] = (found[owner.at] as number) + product
    inside[owner.at] = 1
    path.push({ at: owner.at, product, next: 0 })
  }
  return { found, complete: true }
}
