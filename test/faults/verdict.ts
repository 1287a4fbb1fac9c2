/** Whether what an engine said, through whatever was done to it, is what an unbroken replay of the same log says, each revision once. */
import { loadRules } from '../../pipeline/cold/catalogue/catalogue.ts'
import { replay } from '../../pipeline/cold/replay/replay.ts'
import { digestLine, formatTime, type PublishedAlert } from '../../pipeline/contract/index.ts'
import type { KafkaOptions } from '../../pipeline/kafka/client.ts'
import { readAlerts } from '../../pipeline/kafka/sink.ts'
import { openKafkaSource } from '../../pipeline/kafka/source.ts'
import type { Load, Planted } from './load.ts'

/** The alerts topic as it grows: each revision, and when it came (`performance.now()`). */
export class AlertLog {
  readonly seen: { alert: PublishedAlert; came: number }[] = []
  readonly #reached = new Map<string, number>()
  readonly #reading = new AbortController()
  readonly #done: Promise<void>

  #failed: unknown

  constructor(kafka: KafkaOptions) {
    this.#done = this.#read(kafka)
    this.#done.catch((error: unknown) => (this.#failed = error))
  }

  /** The lowest of the ticks up to which both planted rules have spoken. Throws what reading threw. */
  get reached(): number {
    if (this.#failed !== undefined) throw this.#failed
    return Math.min(this.#reached.get('OP-08') ?? -Infinity, this.#reached.get('CR-09') ?? -Infinity)
  }

  /** Throws what reading threw. */
  async close(): Promise<void> {
    this.#reading.abort()
    await this.#done
  }

  async #read(kafka: KafkaOptions): Promise<void> {
    for await (const alert of readAlerts(kafka, { follow: true, signal: this.#reading.signal })) {
      this.seen.push({ alert, came: performance.now() })
      const at = Date.parse(alert.at)
      if (at > (this.#reached.get(alert.rule.code) ?? -Infinity)) this.#reached.set(alert.rule.code, at)
    }
  }
}

/** A slow load goes on until all that came before now has been judged; returns the last tick that is surely complete. */
export async function settled(load: Load, log: AlertLog, withinMs: number): Promise<number> {
  const end = Date.now()
  load.rate = 100
  await until(
    () => log.reached > end + 3000,
    withinMs,
    `the engine has judged up to ${log.reached > 0 ? formatTime(log.reached) : 'nothing'}, not to ${formatTime(end)}`,
  )
  return end
}

export type Verdict = { alerts: number; differences: string[] }

/** Compares the alerts topic, up to `cutoff` of event time, with a replay of the log and with what was planted. */
export async function verdict(kafka: KafkaOptions, planted: readonly Planted[], cutoff: number): Promise<Verdict> {
  const live: PublishedAlert[] = []
  for await (const alert of readAlerts(kafka, { follow: false })) live.push(alert)
  const unbroken = await replay({ source: await openKafkaSource({ ...kafka, toEnd: true }), rules: await loadRules() })
  const [ours, theirs] = [linesUntil(live, cutoff), linesUntil(unbroken.revisions, cutoff)]
  const [only, missing] = [without(ours, theirs), without(theirs, ours)]
  const differences = [
    ...some('revisions came more than once', live.length - new Set(live.map((a) => `${a.id}/${a.revision}`)).size),
    ...some(`revisions are in the alerts topic and not in the replay, such as ${only[0]}`, only.length),
    ...some(`revisions are in the replay and not in the alerts topic, such as ${missing[0]}`, missing.length),
    ...unspoken(planted, live, cutoff),
  ]
  return { alerts: ours.length, differences }
}

/** Planted breaches without exactly one alert. */
export function unspoken(planted: readonly Planted[], alerts: readonly PublishedAlert[], cutoff: number): string[] {
  const ids = new Map<string, Set<string>>()
  for (const { subject, id } of alerts) ids.set(subject.id, (ids.get(subject.id) ?? new Set()).add(id))
  const wrong = planted
    .filter((p) => p.at < cutoff - 1000)
    .flatMap((p) => [p.account, p.loan])
    .filter((subject) => ids.get(subject)?.size !== 1)
  return some(`planted breaches have no alert or more than one, such as ${wrong[0]}`, wrong.length)
}

/** Waits until `holds`; throws `why` after `withinMs`. */
export async function until(holds: () => boolean | Promise<boolean>, withinMs: number, why: string): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${why} (waited ${Math.round(withinMs / 1000)} s)`)
    await sleep(50)
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export function some(what: string, count: number): string[] {
  return count > 0 ? [`${count} ${what}`] : []
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function linesUntil(alerts: readonly PublishedAlert[], cutoff: number): string[] {
  return alerts
    .filter((a) => Date.parse(a.at) <= cutoff)
    .map(digestLine)
    .sort()
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const there = new Set(others)
  return lines.filter((line) => !there.has(line))
}
