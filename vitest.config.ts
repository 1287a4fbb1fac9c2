import { defineConfig } from 'vitest/config'

// The Kafka client loads in one environment of a process only, so every file runs in a process of its own.
export default defineConfig({
  resolve: { conditions: ['lookthrough-source'] },
  ssr: { resolve: { conditions: ['lookthrough-source'] } },
  test: {
    pool: 'forks',
    include: ['pipeline/**/*.test.ts', 'rules/**/*.test.ts', 'test/**/*.test.ts'],
    // What hangs is ended; how long it takes on a slow machine says nothing.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
})
