/** The revisions that were given out: by alert, the highest; of the last 200,000 alerts, so that memory has an end. */
const MAX_ALERTS = 200_000

export class Known {
  readonly #revisions = new Map<string, number>()

  /** Whether this revision is newer than all of its alert that were asked about before. */
  isNew({ id, revision }: { id: string; revision: number }): boolean {
    const known = this.#revisions.get(id) ?? 0
    if (revision <= known) return false
    this.#revisions.delete(id)
    this.#revisions.set(id, revision)
    const [oldest] = this.#revisions.keys()
    if (this.#revisions.size > MAX_ALERTS && oldest !== undefined) this.#revisions.delete(oldest)
    return true
  }
}
