/**
 * Runs one suite of faults on a broker of its own and prints its figures; exit 1 when something differs.
 *
 *     node dist/test/faults/main.js kills --count 200
 */
import { startBroker } from '../../pipeline/kafka/testing/broker.ts'
import { brokerRestarts } from './broker-restarts.ts'
import { clock } from './clock.ts'
import { kills } from './kills.ts'
import { overload } from './overload.ts'
import { sigterm } from './sigterm.ts'
import type { Suite } from './suite.ts'

const SUITES: Record<string, Suite> = { kills, restarts: brokerRestarts, clock, overload, sigterm }

const [name = '', ...rest] = process.argv.slice(2)
const suite = SUITES[name]
if (suite === undefined) {
  process.stderr.write(`suites: ${Object.keys(SUITES).join(', ')}\n`)
  process.exit(2)
}
const options = Object.fromEntries(rest.flatMap((word, i) => (word.startsWith('--') ? [[word.slice(2), Number(rest[i + 1])]] : [])))
const broker = await startBroker()
try {
  const { figures, differences } = await suite(broker, options)
  for (const [what, figure] of Object.entries(figures)) process.stdout.write(`${what}: ${figure}\n`)
  process.stdout.write(differences.length === 0 ? 'nothing differs\n' : `${differences.join('\n')}\n`)
  process.exitCode = differences.length === 0 ? 0 : 1
} finally {
  await broker.stop()
}
