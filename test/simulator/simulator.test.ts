import { expect, test } from 'vitest'
import { ENGINE } from './engine-rules.ts'
import { simulate } from './simulate.ts'

/** Seeds of one run; LOOKTHROUGH_SEEDS asks for another number of them. */
const SEEDS = Number(process.env['LOOKTHROUGH_SEEDS'] ?? 200)
const GROUPS = 10

for (let group = 0; group < GROUPS; group++) {
  const seeds = Array.from({ length: Math.ceil(SEEDS / GROUPS) }, (_, i) => 1 + group + i * GROUPS)
  test(`the engine says to the byte what the plain reference says, whatever is late, repeated, corrected or killed: seeds ${seeds[0]}, ${seeds[1]} … ${seeds.at(-1)}`, async () => {
    for (const seed of seeds) {
      const { problems } = await simulate(seed, { ...ENGINE, events: 1000 })
      expect(problems, `npm run sim -- --seed ${seed}`).toEqual([])
    }
  }, 600_000)
}
