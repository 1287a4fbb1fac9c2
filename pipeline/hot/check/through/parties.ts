/** What is said of parties: their kind is with the exposures, their flags here. */
import type { Change, Part } from './part.ts'

export class Parties implements Part {
  readonly reads = { 'ref.party': ['flags'] }
  readonly recalls = { 'ref.party': `flags IS NOT NULL` }
  readonly tables = {}
  readonly #flags = new Map<string, ReadonlySet<string>>()
  /** Told whose flags changed. */
  readonly #changed: (party: string) => void

  constructor(changed: (party: string) => void) {
    this.#changed = changed
  }

  apply({ is, after }: Change): void {
    const flags = new Set(JSON.parse(String(is?.['flags'] ?? '[]')) as string[])
    const before = this.#flags.get(after.key) ?? NONE
    if (flags.size === before.size && [...flags].every((f) => before.has(f))) return
    if (flags.size === 0) this.#flags.delete(after.key)
    else this.#flags.set(after.key, flags)
    this.#changed(after.key)
  }

  settle(): void {}

  isFlagged(party: string, flag: string): boolean {
    return this.#flags.get(party)?.has(flag) === true
  }

  flagsOf(party: string): ReadonlySet<string> {
    return this.#flags.get(party) ?? NONE
  }
}

const NONE: ReadonlySet<string> = new Set()
