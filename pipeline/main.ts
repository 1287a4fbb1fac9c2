/** The command line. Data to stdout, messages to stderr; exit 0 done, 1 findings or failed, 2 bad usage or input. */
import { Command, CommanderError } from 'commander'
import { describeError, exitCode } from './contract/errors.ts'
import { say, terminalLanguage } from './messages/index.ts'
import { auditCommand } from './cold/commands/audit.ts'
import { checkCommand } from './cold/commands/check.ts'
import { deadCommand } from './cold/commands/dead.ts'
import { feedCommand } from './cold/commands/feed.ts'
import { importCommand } from './cold/commands/import.ts'
import { produceCommand, topicsCommand } from './cold/commands/kafka.ts'
import { replayCommand } from './cold/commands/replay.ts'
import { rulesCommand } from './cold/commands/rules.ts'
import { runCommand } from './cold/commands/run.ts'
import { sqlCommand } from './cold/commands/sql.ts'
import { startCommand } from './cold/commands/start.ts'
import { tailCommand } from './cold/commands/tail.ts'
import { throughCommand } from './cold/commands/through.ts'

const language = terminalLanguage()
const program = new Command('lookthrough').description(say('cli.about', language)).version('0.1.0').showHelpAfterError().exitOverride()

const commands = [
  startCommand,
  runCommand,
  replayCommand,
  importCommand,
  checkCommand,
  rulesCommand,
  produceCommand,
  topicsCommand,
  sqlCommand,
  tailCommand,
  feedCommand,
  throughCommand,
  deadCommand,
  auditCommand,
]
for (const command of commands) program.addCommand(command(language))

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.stderr.write(`${describeError(error, language)}\n`)
    process.exitCode = exitCode(error)
  }
}
