import { Command } from 'commander'
import type { Language } from '../../contract/errors.ts'
import { say } from '../../messages/index.ts'
import { explain } from '../explain/explanation.ts'
import { asJson, csv, dot, tree } from '../explain/render.ts'
import { openTables } from '../tables.ts'
import type { DeskOptions } from './sql.ts'

type Options = DeskOptions & { db?: string; json?: boolean; dot?: boolean; csv?: boolean }

export function throughCommand(language: Language): Command {
  return new Command('through')
    .description(say('through.about', language))
    .argument('<institution>')
    .argument('<obligor>')
    .option('--db <file>', say('dead.db', language))
    .option('--url <url>', say('cli.url', language))
    .option('--token <token>', say('cli.token', language))
    .option('--data <dir>', say('cli.data', language), '.lookthrough')
    .option('--json', say('cli.json', language))
    .option('--dot', say('through.dot', language))
    .option('--csv', say('through.csv', language))
    .action(async (institution: string, obligor: string, options: Options) => {
      const { query, close } = await openTables(options, language)
      try {
        const explanation = await explain(query, institution, obligor)
        const lines =
          options.json === true
            ? [JSON.stringify(asJson(explanation))]
            : options.dot === true
              ? dot(explanation)
              : options.csv === true
                ? csv(explanation)
                : tree(explanation, language)
        process.stdout.write(`${lines.join('\n')}\n`)
      } finally {
        close()
      }
    })
}
