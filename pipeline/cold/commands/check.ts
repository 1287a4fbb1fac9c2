import { Command } from 'commander'
import type { Language } from '../../contract/errors.ts'
import { type MessageKey, say } from '../../messages/index.ts'
import { checkFiles, type WrongEvent } from '../identifiers/check-files.ts'

export function checkCommand(language: Language): Command {
  const ids = new Command('ids')
    .description(say('check.ids', language))
    .argument('<file...>')
    .option('--json', say('cli.json', language))
    .action(async (files: string[], { json }: { json?: boolean }) => {
      const line = (wrong: WrongEvent) => (json === true ? JSON.stringify(wrong) : say('check.wrong', language, { ...wrong, why: whyWrong(wrong, language) }))
      const checked = await checkFiles(files, (wrong) => process.stdout.write(`${line(wrong)}\n`))
      process.stderr.write(`${say('check.total', language, checked)}\n`)
      if (checked.wrong > 0) process.exitCode = 1
    })
  return new Command('check').description(say('check.about', language)).addCommand(ids)
}

/** What is wrong with an identifier, in words. */
export function whyWrong({ standard }: Pick<WrongEvent, 'standard'>, language: Language): string {
  const key: MessageKey = `check.why.${standard}`
  return say(key, language)
}
