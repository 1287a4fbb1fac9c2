/**
 * The strongly connected components of a directed graph that changes edge by edge: only those with two nodes or more are kept. A new edge is looked at from
 * both its ends at once and costs as much as the smaller side; an edge taken out costs as much as the component it lay in. Edges may be stated several times.
 */
export class Components {
  readonly #out = new Map<number, Map<number, number>>()
  readonly #in = new Map<number, Map<number, number>>()
  readonly #of = new Map<number, ReadonlySet<number>>()

  /** The component of a node; undefined when it is alone in it. */
  of(node: number): ReadonlySet<number> | undefined {
    return this.#of.get(node)
  }

  /** Every component, each once, in no order. */
  all(): Set<ReadonlySet<number>> {
    return new Set(this.#of.values())
  }

  /** Whether the components may have changed. */
  add(from: number, to: number): boolean {
    const count = this.#out.get(from)?.get(to) ?? 0
    put(this.#out, from, to, count + 1)
    put(this.#in, to, from, count + 1)
    const together = this.#of.get(from)
    if (count > 0 || from === to || (together !== undefined && together === this.#of.get(to))) return false
    const between = this.#between(from, to)
    if (between === undefined) return false
    this.#keep(between)
    return true
  }

  remove(from: number, to: number): boolean {
    const count = (this.#out.get(from)?.get(to) ?? 0) - 1
    put(this.#out, from, to, count)
    put(this.#in, to, from, count)
    const together = this.#of.get(from)
    if (count > 0 || from === to || together === undefined || together !== this.#of.get(to)) return false
    for (const node of together) this.#of.delete(node)
    for (const component of this.#split(together)) if (component.size > 1) this.#keep(component)
    return this.#of.get(from)?.size !== together.size
  }

  #keep(component: Set<number>): void {
    for (const node of component) this.#of.set(node, component)
  }

  /** All nodes on ways from `to` back to `from`; undefined when there is none. */
  #between(from: number, to: number): Set<number> | undefined {
    const forward = new Walk(this.#out, to)
    const backward = new Walk(this.#in, from)
    while (!forward.isDone && !backward.isDone) {
      forward.step()
      backward.step()
    }
    const [done, other] = forward.isDone ? [forward, new Walk(this.#in, from)] : [backward, new Walk(this.#out, to)]
    if (!done.seen.has(other.start)) return undefined
    while (!other.isDone) other.step(done.seen)
    return other.seen
  }

  /** Tarjan's algorithm (1972) within a set of nodes, with a stack of its own. */
  #split(nodes: ReadonlySet<number>): Set<number>[] {
    const [index, low, open] = [new Map<number, number>(), new Map<number, number>(), new Set<number>()]
    const [stack, found]: [number[], Set<number>[]] = [[], []]
    const enter = (node: number) => {
      index.set(node, index.size)
      low.set(node, index.size - 1)
      stack.push(node)
      open.add(node)
      return { node, edges: (this.#out.get(node) ?? new Map<number, number>()).keys() }
    }
    const lower = (node: number, to: number) => low.set(node, Math.min(low.get(node) as number, to))
    for (const root of nodes) {
      if (index.has(root)) continue
      const path = [enter(root)]
      for (let top = path[0]; top !== undefined; top = path[path.length - 1]) {
        const next = top.edges.next()
        if (next.done !== true) {
          if (!nodes.has(next.value)) continue
          if (!index.has(next.value)) path.push(enter(next.value))
          else if (open.has(next.value)) lower(top.node, index.get(next.value) as number)
          continue
        }
        path.pop()
        const above = path[path.length - 1]
        if (above !== undefined) lower(above.node, low.get(top.node) as number)
        if (low.get(top.node) !== index.get(top.node)) continue
        const component = new Set(stack.splice(stack.lastIndexOf(top.node)))
        for (const node of component) open.delete(node)
        found.push(component)
      }
    }
    return found
  }
}

/** Nodes reached from a start, edge by edge. */
class Walk {
  readonly start: number
  readonly seen: Set<number>
  readonly #edges: Map<number, Map<number, number>>
  readonly #waiting: number[]
  #current: Iterator<number> | undefined

  constructor(edges: Map<number, Map<number, number>>, start: number) {
    this.start = start
    this.seen = new Set([start])
    this.#edges = edges
    this.#waiting = [start]
  }

  get isDone(): boolean {
    return this.#current === undefined && this.#waiting.length === 0
  }

  /** Looks at one edge; with `within`, nodes outside it are not entered. */
  step(within?: ReadonlySet<number>): void {
    this.#current ??= this.#edges.get(this.#waiting.pop() as number)?.keys()
    const next = this.#current?.next()
    if (next === undefined || next.done === true) this.#current = undefined
    else if (!this.seen.has(next.value) && within?.has(next.value) !== false) {
      this.seen.add(next.value)
      this.#waiting.push(next.value)
    }
  }
}

function put(edges: Map<number, Map<number, number>>, a: number, b: number, count: number): void {
  const ends = edges.get(a) ?? new Map<number, number>()
  if (count > 0) ends.set(b, count)
  else ends.delete(b)
  if (ends.size > 0) edges.set(a, ends)
  else edges.delete(a)
}
