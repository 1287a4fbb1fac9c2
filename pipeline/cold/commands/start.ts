import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { describeError, type Language } from '../../contract/errors.ts'
import type { DeskUser, StaticUser } from '../../desk/entitlements/users.ts'
import { alertLine } from '../../engine.ts'
import { say } from '../../messages/index.ts'
import { startEmbeddedBroker } from '../../scenario/embedded.ts'
import { playScenario } from '../../scenario/play.ts'
import { removeState, snapshotsOf } from '../../store/recovery/files.ts'
import { startSystem, type System } from '../run/system.ts'
import { untilStopped } from '../run/until-stopped.ts'
import { openDemoIssuer } from './demo-issuer.ts'

type Options = { port: number; data: string; speed: number; seed: number; exitAfter?: number }

/** Everything in one, on the embedded broker: each start is a new run of the scenario. */
export function startCommand(language: Language): Command {
  return new Command('start')
    .description(say('cli.start', language))
    .option('--port <port>', say('cli.port', language), number, 7700)
    .option('--data <dir>', say('cli.data', language), '.lookthrough')
    .option('--speed <n>', say('cli.speed', language), number, 1)
    .option('--seed <n>', say('cli.seed', language), number, 1)
    .option('--exit-after <seconds>', say('cli.exitAfter', language), number)
    .action(async (options: Options) => {
      const data = resolve(options.data)
      await mkdir(data, { recursive: true })
      const state = join(data, 'state.duckdb')
      await removeState(state)
      // Its log is new as well.
      await removeState(join(data, 'desk.duckdb'))
      for (const snapshot of await snapshotsOf(state)) await rm(snapshot, { force: true })
      const broker = await startEmbeddedBroker()
      const play = new AbortController()
      let playing: Promise<void> | undefined
      let system: System | undefined
      try {
        const { issuer, sign } = await openDemoIssuer()
        const users = await Promise.all(DEMO_USERS.map(async (user) => ({ ...user, token: await sign(user) })))
        system = await startSystem({
          kafka: { brokers: broker.brokers },
          data,
          roles: ['engine', 'desk'],
          rules: SCENARIO_RULES,
          parameters: [],
          desk: { host: '127.0.0.1', port: options.port },
          users: [],
          issuer,
          onRevision: (alert) => process.stdout.write(`${alertLine(alert, language)}\n`),
          onNotice: (notice) => process.stderr.write(`${describeError(notice, language)}\n`),
          log: () => undefined,
        })
        const url = system.desk?.url ?? ''
        await writeFile(join(data, 'start.json'), `${JSON.stringify({ url, users }, null, 2)}\n`, { mode: 0o600 })
        process.stdout.write(`${welcome(url, users, data, language).join('\n')}\n`)
        playing = playScenario({ brokers: broker.brokers, seed: options.seed, speed: options.speed, signal: play.signal })
        await untilStopped({ after: options.exitAfter, failing: [playing, ...(system.engine === undefined ? [] : [system.engine.done])] })
      } finally {
        play.abort()
        await playing?.catch(() => undefined)
        await system?.stop()
        await broker.stop()
      }
      process.stdout.write(`${say('start.ended', language)}\n`)
    })
}

/** CR-06 stands from the outset for dozens of ordinary exposures; in the demonstration it would drown the rest. */
const SCENARIO_RULES = ['CR-01', 'CR-02', 'CR-05', 'CR-09', 'OP-08']

/** Demo sign-ins. */
const DEMO_USERS: readonly DeskUser[] = [
  { name: 'supervisor', role: 'supervisor', institution: null },
  { name: 'approver', role: 'approver', institution: null },
  { name: 'desk-B0001', role: 'desk', institution: 'B0001' },
  { name: 'desk-B0002', role: 'desk', institution: 'B0002' },
  { name: 'analyst', role: 'analyst', institution: null },
  { name: 'auditor', role: 'auditor', institution: null },
  { name: 'admin', role: 'admin', institution: null },
]

function welcome(url: string, users: StaticUser[], data: string, language: Language): string[] {
  const of = (role: DeskUser['role']) => users.find((u) => u.role === role)
  return [
    say('start.ready', language),
    say('start.dashboard', language, { url: `${url}/#token=${of('supervisor')?.token ?? ''}` }),
    ...users.map((u) => say('start.user', language, { name: u.name.padEnd(12), institution: (u.institution ?? '—').padEnd(6), token: u.token })),
    say('start.more', language, { url, file: join(data, 'start.json') }),
    say('start.soon', language),
  ]
}

function number(text: string): number {
  const n = Number(text)
  if (!Number.isFinite(n) || n < 0) throw new InvalidArgumentError('a number')
  return n
}
