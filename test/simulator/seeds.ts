/** Seeds as tests, ten to a test. */
import { expect, test } from 'vitest'
import { ENGINE } from './engine-rules.ts'
import { simulate, type SimulationOptions } from './simulate.ts'

const PER_TEST = 10

export function testSeeds(first: number, last: number, of: Omit<SimulationOptions, 'events'> = ENGINE): void {
  for (let from = first; from <= last; from += PER_TEST) {
    const seeds = Array.from({ length: Math.min(PER_TEST, last - from + 1) }, (_, i) => from + i)
    test(`seeds ${seeds[0]} to ${seeds.at(-1)}: the engine says what the reference says`, { timeout: 900_000 }, async () => {
      for (const seed of seeds) {
        const { problems, plan } = await simulate(seed, { ...of, events: 1000 })
        expect(
          problems,
          `${plan}; again: npm run sim -- --seed ${seed}${of.rulesDrawn === undefined ? ` --rules ${of.rules.map((t) => t.rule.code).join(',')}` : ''}`,
        ).toEqual([])
      }
    })
  }
}
