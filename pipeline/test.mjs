#!/usr/bin/env node
// `npm test`: type check, lint, format and all tests. The last line is the count, alone: `N passed, N failed[, N skipped]`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bin = (name) => join(root, 'node_modules/.bin', name)
const checks = [
  ['type check', bin('tsc'), ['-p', 'tsconfig.test.json', '--noEmit']],
  ['type check of the dashboard', bin('tsc'), ['-p', 'dashboards/app/tsconfig.json']],
  ['lint', bin('oxlint'), ['--type-aware', '--deny-warnings']],
  ['format', bin('biome'), ['format', '.']],
]
let [passed, failed, skipped] = [0, 0, 0]
for (const [name, command, args] of checks) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  const ok = result.status === 0
  if (ok) passed++
  else failed++
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${name}\n${ok ? '' : `${result.stdout}${result.stderr}`}`)
}

const folder = mkdtempSync(join(tmpdir(), 'lookthrough-test-'))
const report = join(folder, 'report.json')
const run = spawnSync(bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['inherit', 'inherit', 'inherit'],
})
try {
  const counts = JSON.parse(readFileSync(report, 'utf8'))
  passed += counts.numPassedTests
  failed += counts.numFailedTests
  skipped += counts.numPendingTests + counts.numTodoTests
  // A file that cannot even be loaded fails without a failing test in it.
  failed += counts.testResults.filter((f) => f.status === 'failed' && f.assertionResults.every((a) => a.status !== 'failed')).length
} catch {
  failed++
}
rmSync(folder, { recursive: true, force: true })
if (run.status !== 0 && failed === 0) failed++
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`)
process.exit(failed === 0 ? 0 : 1)
