import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes minutes, the longest first: begun first, so that no worker is left alone with it at the end. */
const LONG = [
  'faults/faults',
  'first-hundred',
  'second-hundred',
  'windows/windows',
  'catalogue/cases',
  'why/why',
  'acceptance/',
  'replay/judge-from',
  'proof/proof',
  'kafka/',
]

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => [...LONG, ''].findIndex((name) => moduleId.includes(name))
    return (await super.sort(files)).sort((a, b) => place(a) - place(b))
  }
}

// The Kafka client loads in one environment of a process only, so every file runs in a process of its own.
export default defineConfig({
  resolve: { conditions: ['lookthrough-source'] },
  ssr: { resolve: { conditions: ['lookthrough-source'] } },
  test: {
    pool: 'forks',
    setupFiles: ['test/seed.ts'],
    include: ['pipeline/**/*.test.ts', 'rules/**/*.test.ts', 'test/**/*.test.ts', 'dashboards/**/*.test.ts'],
    // What hangs is ended; how long it takes on a slow machine says nothing.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
  },
})
