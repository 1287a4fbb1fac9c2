import { Heap } from '../../contract/heap.ts'
import type { EvidenceRef, PathStep } from '../../contract/index.ts'
import type { Control } from './control.ts'
import type { OwnershipEdges } from './edges.ts'
import { exceeds, shareText, WHOLE } from './share.ts'

/** How an interest comes about: the steps from the owner down, and the statements they rest on. */
export type Chain = { path: PathStep[]; refs: EvidenceRef[] }

/** The path of the largest product of shares from each of `owners` to `owned`; of equal ones that of fewer steps, then of smaller ids. */
export function largestShares(owned: number, owners: ReadonlySet<number>, edges: OwnershipEdges): Map<number, Chain> {
  const { into, owner, least } = edges
  const waiting = new Heap<Reached>(
    (a, b) => a.product > b.product || (a.product === b.product && (a.steps < b.steps || (a.steps === b.steps && a.name < b.name))),
  )
  const settled = new Map<number, Reached>()
  const found = new Map<number, Chain>()
  waiting.add({ party: owned, name: edges.parties.text(owned), product: 1, steps: 0, edge: -1 })
  for (let best = waiting.take(); best !== undefined && found.size < owners.size; best = waiting.take()) {
    if (best.steps > 0 && owners.has(best.party) && !found.has(best.party)) found.set(best.party, chainOf(best, settled, edges))
    if (settled.has(best.party)) continue
    settled.set(best.party, best)
    for (const edge of into.of(best.party)) {
      const share = least.of(edge)
      if (!(share > 0)) continue
      const party = owner[edge] as number
      waiting.add({ party, name: `${edges.parties.text(party)}\u0000${best.name}`, product: best.product * Math.min(share, 1), steps: best.steps + 1, edge })
    }
  }
  return found
}

/** Why `controller` controls `owned`: the votes it rests on, largest holders first until they are more than half, and why it controls those holders. */
export function controlChain(controller: number, owned: number, edges: OwnershipEdges, control: Control): Chain {
  const levels = control.levels(controller)
  const needed = new Set([owned])
  const chosen: number[] = []
  for (const party of needed) {
    const below = levels.get(party) ?? 0
    const holders = edges.into.of(party).filter((edge) => {
      const by = edges.owner[edge] as number
      return by === controller || (levels.get(by) ?? below) < below
    })
    for (const edge of sufficient([...holders], edges)) {
      chosen.push(edge)
      const by = edges.owner[edge] as number
      if (by !== controller) needed.add(by)
    }
  }
  const depth = (edge: number) => levels.get(edges.owned[edge] as number) ?? 0
  return chain(
    chosen.sort((a, b) => depth(a) - depth(b) || byOwner(edges)(a, b)),
    edges,
    'votes',
  )
}

/** A record of control alone, else the fewest holdings of votes that pass one half. */
function sufficient(holders: number[], edges: OwnershipEdges): number[] {
  const order = holders.sort((a, b) => (edges.votes[b] as number) - (edges.votes[a] as number) || byOwner(edges)(a, b))
  const direct = order.find((edge) => edges.control[edge] === 1)
  if (direct !== undefined) return [direct]
  const chosen: number[] = []
  let [units, rest] = [0, 0]
  for (const edge of order) {
    if (exceeds(units, rest, WHOLE / 2)) break
    chosen.push(edge)
    units += edges.votes[edge] as number
    rest += edges.votesRest.get(edge) ?? 0
  }
  return chosen
}

function byOwner({ parties, owner, owned }: OwnershipEdges): (a: number, b: number) => number {
  const name = (edge: number) => `${parties.text(owned[edge] as number)}\u0000${parties.text(owner[edge] as number)}`
  return (a, b) => (name(a) < name(b) ? -1 : 1)
}

function chainOf(last: Reached, settled: ReadonlyMap<number, Reached>, edges: OwnershipEdges): Chain {
  const steps: number[] = []
  for (let at: Reached | undefined = last; at !== undefined && at.edge >= 0; at = settled.get(edges.owned[at.edge] as number)) steps.push(at.edge)
  return chain(steps, edges, 'equity')
}

function chain(steps: readonly number[], edges: OwnershipEdges, by: 'equity' | 'votes'): Chain {
  const result: Chain = { path: [], refs: [] }
  for (const edge of steps) {
    const stated = edges.stated(edge)
    const wanted = by === 'equity' ? 'equity' : edges.control[edge] === 1 ? 'control' : stated.some((s) => s.kind === 'votes') ? 'votes' : 'equity'
    const resting = stated.filter((s) => s.kind === wanted)
    const [units, rest] = by === 'equity' ? [edges.equity, edges.equityRest] : [edges.votes, edges.votesRest]
    const step: PathStep = { from: edges.parties.text(edges.owner[edge] as number), to: edges.parties.text(edges.owned[edge] as number), kind: wanted }
    if (wanted !== 'control') step.share = shareText(units[edge] as number, rest.get(edge) ?? 0)
    if (resting[0] !== undefined) step.event = resting[0].ref.event
    result.path.push(step)
    result.refs.push(...resting.map((s) => s.ref))
  }
  return result
}

/** A way up from the owned party; `name` tells ways of the same length apart: the ids from its end down. */
type Reached = { party: number; name: string; product: number; steps: number; edge: number }
