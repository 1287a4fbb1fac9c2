/** What is said of an exposure and the paths it is made of: by `lookthrough through --json`, and by `GET /v1/lookthrough`. */

/**
 * A step on the way and all ways on from it. `share`: the part of what is above that lies here; `effective`: the institution's part of it, all shares down to
 * here multiplied; null where neither is known. `amount`: CNY that reach the obligor through here. `event`: the statement it rests on, `<source>|<id>`; null
 * where it is none. To a bank another's step is its kind, its amount and what lies on.
 */
export type LookthroughStep = {
  to?: string
  kind: string
  share?: number | null
  effective?: number | null
  event?: string | null
  amount: string
  on: LookthroughStep[]
}

/** `at`: the tick it holds at, RFC 3339. Amounts in CNY; `rest`: what comes by paths too small to be kept one by one. */
export type Lookthrough = {
  institution: string
  obligor: string
  at: string
  total: string
  direct: string
  indirect: string
  rest: string
  paths: LookthroughStep[]
}
