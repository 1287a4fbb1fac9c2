/** Crashes: every call to the source, the sink and the database is an await at which the engine can die, before it is done or after. */
export class Crash extends Error {}

/** Counts the awaits; throws at the `at`-th one, and at every one after it. */
export class Awaits {
  count = 0
  readonly #at: number
  readonly #after: boolean
  readonly #running = new Set<Promise<unknown>>()

  /** `at`: none when Infinity. `after`: the call is done when the crash comes. */
  constructor(at = Infinity, after = false) {
    this.#at = at
    this.#after = after
  }

  get crashed(): boolean {
    return this.count >= this.#at
  }

  async through<T>(call: () => T | Promise<T>): Promise<T> {
    this.count++
    if (this.count > this.#at || (this.crashed && !this.#after)) throw new Crash('simulated crash')
    const running = (async () => call())()
    this.#running.add(running)
    try {
      const result = await running
      if (this.crashed) throw new Crash('simulated crash')
      return result
    } finally {
      this.#running.delete(running)
    }
  }

  /** Once nothing runs any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  /** The same object with these methods counted, and some of its properties replaced. */
  wrap<T extends object>(target: T, methods: readonly (keyof T)[], replaced: Partial<T> = {}): T {
    const own = new Map<PropertyKey, unknown>(Object.entries(replaced))
    for (const name of methods) {
      const method = target[name]
      if (typeof method === 'function') own.set(name, (...args: unknown[]) => this.through(() => Reflect.apply(method, target, args) as unknown))
    }
    return new Proxy(target, {
      get(of, name) {
        if (own.has(name)) return own.get(name)
        const value: unknown = Reflect.get(of, name, of)
        return typeof value === 'function' ? (value.bind(of) as unknown) : value
      },
    })
  }
}
