/** Steps followed towards one party, and the product below which a path is not followed on. */
export const MOST_STEPS = 20_000
export const LEAST_PRODUCT = 1e-9

type Owner = { at: number; share: number }

/**
 * Sums of products over the simple paths (no party twice) from each member of a component to `target`; 1 from the target to itself. `owners[i]` in text order.
 * Depth first with a stack of its own. Where there are more than `MOST_STEPS` steps the sums are of the paths found so far, a lower bound, and `capped` says so.
 */
export function simplePathsTo(target: number, owners: readonly Owner[][]): { sums: Float64Array; capped: boolean } {
  const sums = new Float64Array(owners.length)
  const inside = new Uint8Array(owners.length)
  const path = [{ at: target, product: 1, next: 0 }]
  sums[target] = 1
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
    if (inside[owner.at] === 1 || product < LEAST_PRODUCT) continue
    if (++steps > MOST_STEPS) return { sums, capped: true }
    sums[owner.at] = (sums[owner.at] as number) + product
    inside[owner.at] = 1
    path.push({ at: owner.at, product, next: 0 })
  }
  return { sums, capped: false }
}
