/** Properties are held against the same random examples on every run, so that a red test is the change's own; LOOKTHROUGH_SEED=random (or a number) for others. */
import fc from 'fast-check'

const { LOOKTHROUGH_SEED: seed = '20260101' } = process.env
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) })
