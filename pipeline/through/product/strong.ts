/**
 * Strongly connected components of the graph on `nodes`, a component after all that it leads to (R. Tarjan 1972, with a stack of its own).
 * `next` may name nodes outside `nodes`; they are left out.
 */
export function strongComponents(nodes: Iterable<number>, next: (node: number) => Iterable<number>): number[][] {
  const states = new Map<number, State>()
  for (const node of nodes) states.set(node, { index: 0, low: 0, isOpen: false })
  const found: number[][] = []
  const open: number[] = []
  let counter = 0
  const enter = (node: number, state: State): Frame => {
    state.index = state.low = ++counter
    state.isOpen = true
    open.push(node)
    return { node, state, rest: next(node)[Symbol.iterator]() }
  }
  for (const [root, state] of states) {
    if (state.index !== 0) continue
    const frames = [enter(root, state)]
    for (let top = frames.at(-1); top !== undefined; top = frames.at(-1)) {
      const step = top.rest.next()
      if (step.done === true) {
        frames.pop()
        const above = frames.at(-1)?.state
        if (above !== undefined) above.low = Math.min(above.low, top.state.low)
        if (top.state.low === top.state.index) found.push(close(top.node))
        continue
      }
      const met = states.get(step.value)
      if (met === undefined) continue
      if (met.index === 0) frames.push(enter(step.value, met))
      else if (met.isOpen) top.state.low = Math.min(top.state.low, met.index)
    }
  }
  return found

  function close(root: number): number[] {
    const members = open.splice(open.lastIndexOf(root))
    for (const member of members) (states.get(member) as State).isOpen = false
    return members
  }
}

/** `index`: when it was first met, from 1; `low`: the earliest that it leads back to. */
type State = { index: number; low: number; isOpen: boolean }
type Frame = { node: number; state: State; rest: Iterator<number> }
