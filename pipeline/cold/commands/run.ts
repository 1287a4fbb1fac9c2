import { Command, Option } from 'commander'
import { pino } from 'pino'
import { describeError, type Language } from '../../contract/errors.ts'
import { browserSignIn } from '../../desk/entitlements/browser-sign-in.ts'
import { issuerOf, remoteKeys } from '../../desk/entitlements/issuer.ts'
import { alertLine } from '../../engine.ts'
import { say } from '../../messages/index.ts'
import { type AuthConfig, readConfig } from '../config/config.ts'
import { startSystem } from '../run/system.ts'
import { untilStopped } from '../run/until-stopped.ts'

const ROLES = { engine: ['engine'], desk: ['desk'], all: ['engine', 'desk'] } as const

export function runCommand(language: Language): Command {
  return new Command('run')
    .description(say('cli.run', language))
    .requiredOption('--config <file>', say('cli.config', language))
    .addOption(new Option('--role <role>', say('cli.role', language)).choices(Object.keys(ROLES)).default('all'))
    .action(async ({ config: file, role }: { config: string; role: keyof typeof ROLES }) => {
      const config = await readConfig(file)
      const log = pino({ name: 'lookthrough' }, pino.destination(2))
      const system = await startSystem({
        ...config,
        ...(config.auth !== undefined && signedInBy(config.auth)),
        roles: ROLES[role],
        onRevision: (alert) => process.stdout.write(`${alertLine(alert, language)}\n`),
        onNotice: (notice) => process.stderr.write(`${describeError(notice, language)}\n`),
        onChecking: checkingLine(language),
        log: (line) => (line['level'] === 'error' ? log.error(line) : log.info(line)),
      })
      try {
        process.stderr.write(`${say('run.ready', language, { roles: ROLES[role].join('+'), url: system.desk?.url ?? '' })}\n`)
        await untilStopped({ failing: system.engine === undefined ? [] : [system.engine.done] })
      } finally {
        await system.stop()
      }
    })
}

/** Both by the same keys, asked for once. */
function signedInBy({ signIn, ...auth }: AuthConfig) {
  const keys = remoteKeys(auth.jwksUri)
  return { issuer: issuerOf(auth, keys), signIn: signIn === undefined ? undefined : browserSignIn({ ...auth, signIn }, keys) }
}

/** One line while the state file is checked; rewritten in a terminal, printed once where the output is kept. */
function checkingLine(language: Language): (progress: { file: string; bytes: number; done: number; of: number }) => void {
  const terminal = process.stderr.isTTY
  return ({ file, bytes, done, of }) => {
    if (!terminal && done > 0) return
    const line = say('run.checking', language, { file, megabytes: Math.ceil(bytes / 1e6), done: done + 1, of })
    process.stderr.write(terminal ? `\r${line}${done + 1 === of ? '\n' : ''}` : `${line}\n`)
  }
}
