/** What the checks have in common: the desk under test, connections to it, and the history they compare with. */
import type { Facts, Language } from '../../contract/errors.ts'
import type { Subscribe } from '../../contract/feed.ts'
import { type MessageKey, say } from '../../messages/index.ts'
import { type Line, openLine } from './line.ts'
import { type FrameOf, Probe, type ProbeOptions } from './probe.ts'

export type Setup = {
  /** Of the desk. */
  url: string
  token: string
  /** Of another institution, or of the authority: for what one must not see of the other. */
  otherToken?: string | undefined
  /** How long the network is away, and how long a reader takes 1 KB/s. */
  offlineMs: number
  slowMs: number
  /** How long to wait for what should come at once, and for traffic. */
  patienceMs: number
  language: Language
}

/** A check ends without a word when it passed, with `demand` when it failed, with `skip` when it cannot be made here. */
export type Check = { name: `conformance.${string}` & MessageKey; run(bench: Bench): Promise<void> }

export class Verdict extends Error {
  readonly outcome: 'failed' | 'skipped'
  readonly key: MessageKey
  readonly facts: Facts

  constructor(outcome: 'failed' | 'skipped', key: MessageKey, facts: Facts = {}) {
    super(say(key, 'en', facts))
    this.outcome = outcome
    this.key = key
    this.facts = facts
  }
}

export function demand(condition: boolean, key: MessageKey, facts: Facts = {}): asserts condition {
  if (!condition) throw new Verdict('failed', key, facts)
}

export function skip(key: MessageKey, facts: Facts = {}): never {
  throw new Verdict('skipped', key, facts)
}

/** Longer ago than any entry. */
export const ALWAYS = { since: '2000-01-01T00:00:00Z' }
const MAX_HISTORY = 2000

export class Bench {
  readonly setup: Setup
  readonly #probes: Probe[] = []
  readonly #lines: Line[] = []
  #history: Promise<FrameOf<'event'>[]> | undefined

  constructor(setup: Setup) {
    this.setup = setup
  }

  async open(over: Partial<ProbeOptions> = {}): Promise<Probe> {
    const { url, token } = this.setup
    const probe = await Probe.open({ url, token, ...over })
    this.#probes.push(probe)
    return probe
  }

  /** An open connection, or the check fails. */
  async connected(over: Partial<ProbeOptions> = {}): Promise<Probe> {
    const probe = await this.open(over)
    demand(probe.isOpen, 'conformance.why.refused', { got: probe.refused ?? probe.closed ?? 0 })
    return probe
  }

  /** A subscription that has caught up, on a connection of its own unless one is given. */
  async live(over: Partial<Omit<Subscribe, 'op'>>, on?: Probe | Partial<ProbeOptions>): Promise<Probe> {
    const probe = on instanceof Probe ? on : await this.connected(on)
    const subscribe = { op: 'subscribe' as const, sid: 's', ...over }
    probe.send(subscribe)
    const isLive = await probe.until(() => probe.of('live', subscribe.sid).length > 0 || probe.closed !== undefined, this.setup.patienceMs)
    demand(isLive && probe.isOpen, 'conformance.why.notLive', { from: JSON.stringify(subscribe.from ?? 'snapshot'), got: probe.closed ?? 0 })
    return probe
  }

  line(): Promise<Line> {
    const { hostname, port, protocol } = new URL(this.setup.url)
    return openLine(hostname.replace(/^\[|\]$/g, ''), Number(port) || (protocol === 'https:' ? 443 : 80)).then((line) => {
      this.#lines.push(line)
      return line
    })
  }

  /** The oldest events the desk still has for this token, up to 2,000; skipped when there is none, also after waiting. */
  history(): Promise<FrameOf<'event'>[]> {
    this.#history ??= this.#read()
    return this.#history
  }

  async get(path: string, { token = this.setup.token, ...init }: RequestInit & { token?: string | null } = {}) {
    const headers = { ...(token !== null && { authorization: `Bearer ${token}` }), 'accept-language': this.setup.language }
    const response = await fetch(`${this.setup.url}${path}`, { headers, ...init })
    return { status: response.status, headers: response.headers, body: await response.text() }
  }

  async json<T>(path: string, token?: string): Promise<T> {
    return JSON.parse((await this.get(path, token === undefined ? {} : { token })).body) as T
  }

  /** Frames that did not fit their schema. */
  get misfits(): string[] {
    return this.#probes.flatMap((probe) => probe.misfits)
  }

  async close(): Promise<void> {
    for (const probe of this.#probes) probe.end()
    await Promise.all(this.#lines.map((line) => line.close()))
  }

  async #read(): Promise<FrameOf<'event'>[]> {
    const { patienceMs } = this.setup
    const probe = await this.connected()
    probe.send({ op: 'subscribe', sid: 's', from: ALWAYS, conflate: false })
    const events = () => probe.of('event', 's')
    await probe.until(() => events().length >= MAX_HISTORY || probe.of('live').length > 0 || probe.closed !== undefined, patienceMs)
    if (events().length === 0) await probe.until(() => events().length > 0, patienceMs)
    probe.end()
    if (events().length === 0) skip('conformance.skip.quiet', { seconds: patienceMs / 1000 })
    return events().slice(0, MAX_HISTORY)
  }
}
