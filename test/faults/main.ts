/**
 * Runs one suite of faults on a broker of its own and prints its figures; exit 1 when something differs.
 *
 *     npm run faults -- kills --count 200
 */
import { startBroker } from '../../pipeline/kafka/testing/broker.ts'
import { brokerRestarts } from './broker-restarts.ts'
import { clock } from './clock.ts'
import { deadLetters } from './dead-letters.ts'
import { gateway } from './gateway.ts'
import { kills } from './kills.ts'
import { late } from './late.ts'
import { manyKeys } from './many-keys.ts'
import { orders } from './orders.ts'
import { overload } from './overload.ts'
import { reconnectStorm } from './reconnect-storm.ts'
import { sigterm } from './sigterm.ts'
import { slowReaders } from './slow-readers.ts'
import type { Suite } from './suite.ts'

const SUITES: Record<string, Suite> = {
  kills,
  restarts: brokerRestarts,
  clock,
  overload,
  sigterm,
  orders,
  late,
  dead: deadLetters,
  gateway,
  keys: (_, options) => manyKeys(options),
  readers: (_, options) => slowReaders(options),
  storm: (_, options) => reconnectStorm(options),
}

const [name = '', ...rest] = process.argv.slice(2)
const suite = SUITES[name]
if (suite === undefined) {
  process.stderr.write(`suites: ${Object.keys(SUITES).join(', ')}\n`)
  process.exit(2)
}
const options = Object.fromEntries(rest.flatMap((word, i) => (word.startsWith('--') ? [[word.slice(2), Number(rest[i + 1])]] : [])))
const broker = await startBroker()
try {
  const { figures, differences, exceeded = [] } = await suite(broker, options)
  for (const [what, figure] of Object.entries(figures)) process.stdout.write(`${what}: ${figure}\n`)
  const wrong = [...differences, ...exceeded]
  process.stdout.write(wrong.length === 0 ? 'nothing differs\n' : `${wrong.join('\n')}\n`)
  process.exitCode = wrong.length === 0 ? 0 : 1
} finally {
  await broker.stop()
}
