/** Things by key, in groups: mitigants by the asset they pledge, positions by the institution that holds them; and which groups are to be looked at again. */
export class Grouped<T> {
  readonly #things = new Map<string, { group: string; thing: T }>()
  readonly #keys = new Map<string, Set<string>>()
  readonly #stale = new Set<string>()

  /** In place of what had the key. */
  set(key: string, group: string, thing: T): void {
    this.remove(key)
    this.#things.set(key, { group, thing })
    this.#keys.set(group, (this.#keys.get(group) ?? new Set()).add(key))
    this.#stale.add(group)
  }

  remove(key: string): void {
    const before = this.#things.get(key)
    if (before === undefined) return
    this.#things.delete(key)
    const keys = this.#keys.get(before.group)
    keys?.delete(key)
    if (keys?.size === 0) this.#keys.delete(before.group)
    this.#stale.add(before.group)
  }

  /** A group is to be looked at again. */
  mark(group: string): void {
    this.#stale.add(group)
  }

  /** The same for those in which such a thing is. */
  markWhere(such: (thing: T) => boolean): void {
    for (const { group, thing } of this.#things.values()) if (such(thing)) this.#stale.add(group)
  }

  has(group: string): boolean {
    return this.#keys.has(group)
  }

  /** What is in a group, in the order of keys. */
  of(group: string): T[] {
    return [...(this.#keys.get(group) ?? [])].sort().map((key) => (this.#things.get(key) as { thing: T }).thing)
  }

  /** Groups that changed or were marked since the last call. */
  takeStale(): string[] {
    const stale = [...this.#stale]
    this.#stale.clear()
    return stale
  }
}
