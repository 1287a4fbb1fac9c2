/**
 * The look-through of one institution by enumeration of its paths and elimination in exact fractions: slow, for small graphs, and sharing nothing
 * with `../products.ts` but the shapes of what is stated.
 */
import type { Product, ProductLine, Stake } from '../products.ts'
import { Fraction } from './fraction.ts'

export type SlowWorld = { stakes: Stake[]; products: ReadonlyMap<string, Product>; least: bigint | undefined }
/** `amounts` by kind and obligor, those of nothing left out; `doubt`: by how much rounding in Float64 may move one of them. */
export type SlowResult = { amounts: Map<string, bigint>; doubt: bigint; lines: Map<string, bigint>; isDoubtful: boolean; unsolved: string[] }

type Slot = { product: string; tranche?: string | undefined }
type Structure = { whole: Map<string, bigint>; flowing: Map<string, Fraction>[] }
/** What flows from a circle on; `amplified`: how often what comes in goes round, and with it what Float64 is off by. */
type Row = { unknown: Fraction; lines: Map<string, Fraction>; amplified: number }

export function slowLookThrough(world: SlowWorld): SlowResult {
  return new Slow(world).result()
}

/** Layers below a product by the definition of CR-08; each product of a circle counts once. */
export function slowLayers(products: ReadonlyMap<string, Product>, product: string): number {
  const reach = (from: string) => closure(products, from)
  const isPublic = (id: string) => products.get(id)?.publicFund === true
  const depth = (id: string): number => {
    const circle = [...reach(id)].filter((other) => reach(other).has(id))
    const members = circle.length === 0 ? [id] : circle
    const below = members.flatMap((m) => held(products, m)).filter((h) => !members.includes(h))
    return members.filter((m) => !isPublic(m)).length + Math.max(0, ...below.map(depth))
  }
  return depth(product) - (isPublic(product) ? 0 : 1)
}

class Slow {
  readonly #world: SlowWorld
  readonly #structures = new Map<string, Structure>()
  /** Each circle entered, by its smallest product: what comes into its slots. */
  readonly #entered = new Map<string, Map<string, Fraction>>()
  readonly #circles = new Map<string, string[]>()
  readonly #solvable = new Map<string, boolean>()
  readonly #unsolved = new Set<string>()
  readonly #amounts = new Map<string, bigint>()
  readonly #lines = new Map<string, bigint>()
  #doubt = 0n
  #isDoubtful = false

  constructor(world: SlowWorld) {
    this.#world = world
  }

  result(): SlowResult {
    for (const product of this.#world.products.keys()) if (this.#circle(product).length > 0) this.#isSolvable(this.#circle(product))
    for (const stake of this.#world.stakes) this.#walk(stake, this.#part(stake, stake.value, stake.share), new Fraction(stake.value))
    const rows = [...this.#entered.keys()].sort().map((smallest, i) => this.#flow(this.#entered.get(smallest) as Map<string, Fraction>, i))
    this.#decide(rows)
    const amounts = new Map([...this.#amounts].filter(([, amount]) => amount !== 0n))
    return { amounts, doubt: this.#doubt, lines: this.#lines, isDoubtful: this.#isDoubtful, unsolved: [...this.#unsolved].sort() }
  }

  #walk(slot: Slot, part: Fraction | undefined, amount: Fraction): void {
    const product = this.#open(slot)
    if (product === undefined || part === undefined || isBeyond(part)) return this.#add(this.#amounts, 'unknown:unknown', this.#round(amount))
    const circle = this.#circle(slot.product)
    if (circle.length > 0) {
      const inflow = this.#entered.get(circle[0] as string) ?? new Map<string, Fraction>()
      this.#entered.set(circle[0] as string, inflow)
      inflow.set(slotKey(slot), (inflow.get(slotKey(slot)) ?? Fraction.zero).plus(part))
      return
    }
    for (const line of linesOf(product)) {
      const carried = part.times(this.#carried(slot, line))
      if (line.product !== undefined) this.#walk(slotOf(line), this.#through(slot, part, line), carried)
      else {
        const whole = this.#round(carried)
        this.#add(this.#structure(slot.product).whole, obligorOf(line), whole)
        this.#add(this.#lines, line.kind, whole)
      }
    }
  }

  /** What flows from a circle on, by elimination over every slot below it; its row, without what structures decide. */
  #flow(inflow: Map<string, Fraction>, index: number): Row {
    const slots = this.#slotsBelow([...inflow.keys()])
    const right = slots.map((slot) => inflow.get(slotKey(slot)) ?? Fraction.zero)
    const rows = slots.map((_, i) => slots.map((__, j) => (i === j ? Fraction.one : Fraction.zero)))
    slots.forEach((slot, from) => {
      for (const line of linesOf(this.#open(slot) as Product)) {
        if (line.product === undefined) continue
        const to = slots.findIndex((s) => slotKey(s) === slotKey(slotOf(line)))
        const factor = this.#through(slot, Fraction.one, line)
        if (to >= 0 && factor !== undefined) (rows[to] as Fraction[])[from] = ((rows[to] as Fraction[])[from] as Fraction).minus(factor)
      }
    })
    const parts = solve(rows, right).x as Fraction[]
    const row: Row = { unknown: Fraction.zero, lines: new Map(), amplified: Math.max(1, largest(parts) / largest(right)) }
    slots.forEach((slot, i) => {
      const part = parts[i] as Fraction
      for (const line of linesOf(this.#open(slot) as Product)) {
        const flowing = part.times(this.#carried(slot, line))
        const through = line.product === undefined ? undefined : this.#through(slot, part, line)
        // What Float64 does not carry further takes a system apart that is solved here as one.
        if (through !== undefined && isBeyond(through)) this.#isDoubtful = true
        const isClosed = line.product !== undefined && (this.#open(slotOf(line)) === undefined || this.#through(slot, Fraction.one, line) === undefined)
        if (isClosed) row.unknown = row.unknown.plus(flowing)
        if (line.product !== undefined) continue
        const structure = this.#structure(slot.product)
        const of = (structure.flowing[index] ??= new Map<string, Fraction>())
        of.set(obligorOf(line), (of.get(obligorOf(line)) ?? Fraction.zero).plus(flowing))
        row.lines.set(line.kind, (row.lines.get(line.kind) ?? Fraction.zero).plus(flowing))
      }
    })
    return row
  }

  /** Materiality, structure by structure; then the rows of circles, each rounded once. */
  #decide(circles: Row[]): void {
    const rows = circles.map(({ unknown }) => new Map([['unknown:unknown', unknown]]))
    const least = this.#world.least ?? -(10n ** 40n)
    for (const [id, { whole, flowing }] of this.#structures) {
      const obligors = new Set([...whole.keys(), ...flowing.flatMap((of) => [...(of?.keys() ?? [])])])
      for (const obligor of obligors) {
        const total =
          (whole.get(obligor) ?? 0n) + flowing.reduce((sum, of, i) => sum + this.#round(of?.get(obligor) ?? Fraction.zero, circles[i]?.amplified), 0n)
        if (total - least <= this.#doubt && least - total <= this.#doubt && this.#doubt > 0n) this.#isDoubtful = true
        const to = total >= least ? obligor : `structure:${id}`
        this.#add(this.#amounts, to, whole.get(obligor) ?? 0n)
        flowing.forEach((of, i) => rows[i]?.set(to, (rows[i]?.get(to) ?? Fraction.zero).plus(of?.get(obligor) ?? Fraction.zero)))
      }
    }
    rows.forEach((row, i) => {
      for (const [obligor, exact] of row) this.#add(this.#amounts, obligor, this.#round(exact, circles[i]?.amplified))
    })
    for (const { lines, amplified } of circles) for (const [kind, exact] of lines) this.#add(this.#lines, kind, this.#round(exact, amplified))
  }

  /** The product in a slot, if what comes there is carried further. */
  #open(slot: Slot): Product | undefined {
    const product = this.#world.products.get(slot.product)
    if (product === undefined || (slot.tranche !== undefined && !product.tranches.has(slot.tranche))) return undefined
    const circle = this.#circle(slot.product)
    return circle.length > 0 && !this.#isSolvable(circle) ? undefined : product
  }

  /** Members of the circle a product is in, sorted. */
  #circle(product: string): string[] {
    let circle = this.#circles.get(product)
    if (circle === undefined) {
      circle = [...closure(this.#world.products, product)].filter((other) => closure(this.#world.products, other).has(product)).sort()
      this.#circles.set(product, circle)
    }
    return circle
  }

  /** All leading minors of I − |S| are above nothing exactly where the spectral radius of |S| is below 1 (M-matrices). */
  #isSolvable(circle: string[]): boolean {
    const [smallest = ''] = circle
    let isSolvable = this.#solvable.get(smallest)
    if (isSolvable === undefined) {
      isSolvable = this.#hasSmallGain(circle)
      this.#solvable.set(smallest, isSolvable)
      if (!isSolvable) this.#unsolved.add(smallest)
    }
    return isSolvable
  }

  #hasSmallGain(circle: string[]): boolean {
    const { products } = this.#world
    const lines = circle.flatMap((member) => linesOf(products.get(member) as Product))
    const keys = [...new Set(lines.filter((l) => l.product !== undefined && circle.includes(l.product)).map((l) => slotKey(slotOf(l))))]
    const rows = keys.map((_, i) => keys.map((__, j) => (i === j ? Fraction.one : Fraction.zero)))
    keys.forEach((key, from) => {
      const slot = slotFrom(key)
      const product = products.get(slot.product) as Product
      if (slot.tranche !== undefined && !product.tranches.has(slot.tranche)) return
      for (const line of linesOf(product)) {
        const to = line.product === undefined ? -1 : keys.indexOf(slotKey(slotOf(line)))
        const factor = to < 0 ? undefined : this.#through(slot, Fraction.one, line)
        if (factor !== undefined) (rows[to] as Fraction[])[from] = ((rows[to] as Fraction[])[from] as Fraction).minus(factor)
      }
    })
    const { pivots } = solve(
      rows,
      keys.map(() => Fraction.zero),
    )
    return pivots.length === keys.length && pivots.every((pivot) => pivot.numerator > 0n)
  }

  #slotsBelow(keys: string[]): Slot[] {
    const found = new Set<string>()
    const next = [...keys]
    for (let key = next.pop(); key !== undefined; key = next.pop()) {
      const slot = slotFrom(key)
      const product = this.#open(slot)
      if (found.has(key) || product === undefined) continue
      found.add(key)
      for (const line of linesOf(product)) if (line.product !== undefined) next.push(slotKey(slotOf(line)))
    }
    return [...found].map(slotFrom)
  }

  /** The part of the slot that a holder of `value` or `share` has. */
  #part(slot: Slot, value: bigint, share: number | undefined): Fraction | undefined {
    if (share !== undefined) return Fraction.ofNumber(share)
    const product = this.#world.products.get(slot.product)
    const whole = slot.tranche === undefined ? product?.nav : product?.tranches.get(slot.tranche)
    return whole === undefined || whole <= 0n ? undefined : new Fraction(value, whole)
  }

  #through(slot: Slot, part: Fraction, line: ProductLine): Fraction | undefined {
    const held = this.#part(slotOf(line), line.value, line.share)
    const carried = this.#carried(slot, line)
    const scale = line.value === 0n ? Fraction.one : carried.over(new Fraction(line.value))
    return held?.times(part).times(scale)
  }

  /** Of a line the nominal, for a tranche at most its size. */
  #carried({ product, tranche }: Slot, line: ProductLine): Fraction {
    const size = tranche === undefined ? undefined : (this.#world.products.get(product)?.tranches.get(tranche) as bigint)
    return new Fraction(size === undefined || line.value < size ? line.value : size)
  }

  #structure(id: string): Structure {
    const structure = this.#structures.get(id) ?? { whole: new Map<string, bigint>(), flowing: [] }
    this.#structures.set(id, structure)
    return structure
  }

  #round(exact: Fraction, amplified = 1): bigint {
    const { whole, isNearTie } = exact.rounded(amplified)
    // Float64 keeps 53 bits of what is larger.
    if (isNearTie) this.#doubt += 1n + ((whole < 0n ? -whole : whole) * BigInt(Math.ceil(amplified))) / 10n ** 14n
    return whole
  }

  #add(to: Map<string, bigint>, key: string, amount: bigint): void {
    to.set(key, (to.get(key) ?? 0n) + amount)
  }
}

function largest(parts: readonly Fraction[]): number {
  return Math.max(...parts.map((part) => Math.abs(part.toNumber())))
}

/** A part of more than 2^53 of what is there is not carried further. */
function isBeyond(part: Fraction): boolean {
  return part.numerator > part.denominator << 53n || -part.numerator > part.denominator << 53n
}

function slotOf(line: ProductLine): Slot {
  return { product: line.product as string, tranche: line.tranche }
}

function slotKey({ product, tranche }: Slot): string {
  return `${product}/${tranche ?? ''}`
}

function slotFrom(key: string): Slot {
  const [product = '', tranche = ''] = key.split('/')
  return { product, tranche: tranche === '' ? undefined : tranche }
}

/** The lines that hold something, and the unidentified rest as one more. */
function linesOf(product: Product): ProductLine[] {
  const lines = product.lines.filter((l) => l.product === undefined || l.value !== 0n || (l.share ?? 0) !== 0)
  return product.unidentified === 0n ? lines : [...lines, { kind: 'unidentified', value: product.unidentified }]
}

function obligorOf(line: ProductLine): string {
  return line.issuer === undefined ? 'unknown:unknown' : `party:${line.issuer}`
}

function held(products: ReadonlyMap<string, Product>, id: string): string[] {
  const product = products.get(id)
  return product === undefined ? [] : linesOf(product).flatMap((l) => (l.product === undefined ? [] : [l.product]))
}

/** Products below one, at any depth; itself only where it is below itself. */
function closure(products: ReadonlyMap<string, Product>, from: string): Set<string> {
  const found = new Set<string>()
  const next = held(products, from)
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    if (found.has(id)) continue
    found.add(id)
    next.push(...held(products, id))
  }
  return found
}

/** Solves `rows · x = right` by elimination; undefined where a pivot is nothing. `pivots` are those met on the way, in order. */
function solve(rows: Fraction[][], right: Fraction[]): { x: Fraction[] | undefined; pivots: Fraction[] } {
  const m = rows.map((row, i) => [...row, right[i] as Fraction])
  const pivots: Fraction[] = []
  for (let k = 0; k < m.length; k++) {
    const pivot = m[k]?.[k] as Fraction
    pivots.push(pivot)
    if (pivot.isZero) return { x: undefined, pivots }
    for (const [i, row] of m.entries()) {
      const factor = (row[k] as Fraction).over(pivot)
      if (i === k || factor.isZero) continue
      for (let j = k; j <= m.length; j++) row[j] = (row[j] as Fraction).minus(factor.times(m[k]?.[j] as Fraction))
    }
  }
  return { x: m.map((row, i) => (row[m.length] as Fraction).over(row[i] as Fraction)), pivots }
}
