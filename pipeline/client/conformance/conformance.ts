/** Feed v1 from outside: every promise of docs/decisions/0029-feed-v1.md that a client can check, against any desk (`lookthrough feed conformance`). */
import { LookthroughError } from '../../contract/errors.ts'
import { say } from '../../messages/index.ts'
import { Bench, type Check, demand, type Setup, Verdict } from './bench.ts'
import { FRAMES } from './frames.ts'
import { NEIGHBOURS } from './neighbours.ts'
import { NETWORK } from './network.ts'
import { ORDER } from './order.ts'
import { WIRE } from './wire.ts'

export type Result = { check: string; outcome: 'passed' | 'failed' | 'skipped'; title: string; why: string; ms: number }

/** Last, over all frames that the other checks have seen. */
const SCHEMA: Check = {
  name: 'conformance.schema',
  run(bench) {
    const [misfit] = bench.misfits
    demand(misfit === undefined, 'conformance.why.schema', { frame: misfit ?? '' })
    return Promise.resolve()
  },
}

export const CHECKS: readonly Check[] = [...WIRE, ...ORDER, ...FRAMES, ...NETWORK, ...NEIGHBOURS, SCHEMA]

/** Runs them one after the other, tells each result. Throws LT-2102 when no desk answers at all. */
export async function conformance(setup: Setup, tell: (result: Result) => void, checks = CHECKS): Promise<Result[]> {
  await reach(setup.url)
  const bench = new Bench(setup)
  const results: Result[] = []
  try {
    for (const check of checks) {
      const result = await resultOf(check, bench)
      results.push(result)
      tell(result)
    }
  } finally {
    await bench.close()
  }
  return results
}

/** Throws LT-2102. */
export async function reach(url: string): Promise<void> {
  try {
    await fetch(`${url}/livez`)
  } catch (error) {
    throw new LookthroughError('LT-2102', { url }, error)
  }
}

async function resultOf({ name, run }: Check, bench: Bench): Promise<Result> {
  const { language } = bench.setup
  const start = performance.now()
  const as = (outcome: Result['outcome'], why: string): Result => {
    const ms = Math.round(performance.now() - start)
    return { check: name.slice(name.indexOf('.') + 1), outcome, title: say(name, language), why, ms }
  }
  try {
    await run(bench)
    return as('passed', '')
  } catch (error) {
    if (error instanceof Verdict) return as(error.outcome, say(error.key, language, error.facts))
    // A desk that answers something else altogether is no fault of this program.
    return as('failed', say('conformance.why.broke', language, { why: String(error) }))
  }
}
