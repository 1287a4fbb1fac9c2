import { Command } from 'commander'
import type { Language } from '../../contract/errors.ts'
import { formatTime } from '../../contract/index.ts'
import { writeJudgeFrom } from '../../kafka/control.ts'
import { produceFiles } from '../../kafka/produce.ts'
import { ensureTopics } from '../../kafka/topics.ts'
import { say } from '../../messages/index.ts'
import { timeOption } from './options.ts'

type Broker = { brokers: string; prefix?: string }

export function produceCommand(language: Language): Command {
  return new Command('produce')
    .description(say('cli.produce', language))
    .argument('<file...>')
    .requiredOption('--brokers <host:port,…>', say('cli.brokers', language))
    .option('--prefix <prefix>', say('cli.prefix', language))
    .action(async (files: string[], options: Broker) => {
      const report = await produceFiles(files, options)
      process.stderr.write(`${say('produce.report', language, { read: report.read, produced: report.produced, skipped: report.skipped.length })}\n`)
      for (const { line, why } of report.skipped.slice(0, 20)) process.stderr.write(`${say('produce.skipped', language, { line, why })}\n`)
      if (report.skipped.length > 0) process.exitCode = 1
    })
}

export function topicsCommand(language: Language): Command {
  const create = new Command('create')
    .description(say('cli.topicsCreate', language))
    .requiredOption('--brokers <host:port,…>', say('cli.brokers', language))
    .option('--prefix <prefix>', say('cli.prefix', language))
    .option('--partitions <n>', say('cli.partitions', language), Number, 4)
    .action(async (options: Broker & { partitions: number }) => {
      await ensureTopics(options)
      process.stderr.write(`${say('topics.done', language)}\n`)
    })
  const judgeFrom = new Command('judge-from')
    .description(say('cli.topicsJudgeFrom', language))
    .requiredOption('--brokers <host:port,…>', say('cli.brokers', language))
    .option('--prefix <prefix>', say('cli.prefix', language))
    .requiredOption('--at <time>', say('cli.at', language), timeOption)
    .action(async ({ at, ...options }: Broker & { at: number }) => {
      await writeJudgeFrom(options, at)
      process.stderr.write(
        `${say(at === -Infinity ? 'topics.judgeFromStart' : 'topics.judgeFrom', language, { at: at === -Infinity ? '' : formatTime(at) })}\n`,
      )
    })
  return new Command('topics').description(say('cli.topics', language)).addCommand(create).addCommand(judgeFrom)
}
