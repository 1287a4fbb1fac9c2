/** What is written to a socket in one turn of the event loop leaves in one write: a frame alone costs as much as a hundred. */

export type Corkable = { cork(): void; uncork(): void }

const held = new Set<Corkable>()
let turn = 0
let ends = false

/** Holds what is written to it until the turn ends. */
export function together(to: Corkable): void {
  if (held.has(to)) return
  thisTurn()
  to.cork()
  held.add(to)
}

/** Lets go of what is held, now. */
export function letGo(of: Corkable): void {
  if (held.delete(of)) of.uncork()
}

/** Names this turn of the event loop: the same number until sockets have had their chance to take something. */
export function thisTurn(): number {
  if (!ends) {
    ends = true
    setImmediate(endTurn)
  }
  return turn
}

function endTurn(): void {
  ends = false
  turn += 1
  for (const one of held) one.uncork()
  held.clear()
}
