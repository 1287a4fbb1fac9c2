/** Where the look-through stops looking: every search and every tree of its has a cap (docs/operations.md). */

/** Searches that met their cap, since the engine started. */
export const CAPPED_SEARCHES = ['taint', 'round-trips', 'simple-paths', 'ownership-circles'] as const
/** Results that stand and were cut short: paths of institutions, circles of products, networks. */
export const CAPPED_RESULTS = ['product-paths', 'product-circles', 'networks'] as const

/** How many, by name; what no rule that runs has asked for is left out. */
export type Capped = Partial<Record<(typeof CAPPED_SEARCHES)[number] | (typeof CAPPED_RESULTS)[number], number>>
