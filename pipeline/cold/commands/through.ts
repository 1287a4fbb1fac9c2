import { Command } from 'commander'
import { type ErrorCode, ERRORS, type Facts, type Language, LookthroughError } from '../../contract/errors.ts'
import { formatTime } from '../../contract/index.ts'
import type { Lookthrough } from '../../contract/lookthrough.ts'
import { say } from '../../messages/index.ts'
import type { Asked } from '../explain/as-of.ts'
import { explain } from '../explain/explanation.ts'
import { csv, dot, tree } from '../explain/render.ts'
import { SCHEMA_VERSION } from '../../store/schema.ts'
import { openTables } from '../tables.ts'
import { instantOption } from './options.ts'
import { type DeskOptions, signIn } from './sql.ts'

type Options = DeskOptions & { db?: string; at?: number; json?: boolean; dot?: boolean; csv?: boolean }

export function throughCommand(language: Language): Command {
  return new Command('through')
    .description(say('through.about', language))
    .argument('<institution>')
    .argument('<obligor>')
    .option('--at <time>', say('through.at', language), instantOption)
    .option('--db <file>', say('dead.db', language))
    .option('--url <url>', say('cli.url', language))
    .option('--token <token>', say('cli.token', language))
    .option('--data <dir>', say('cli.data', language), '.lookthrough')
    .option('--json', say('cli.json', language))
    .option('--dot', say('through.dot', language))
    .option('--csv', say('through.csv', language))
    .action(async (institution: string, obligor: string, options: Options) => {
      const asked = { institution, obligor, at: options.at }
      const { db } = options
      const explanation = db === undefined ? await askDesk(asked, options, language) : await askFile(asked, { ...options, db }, language)
      process.stdout.write(`${linesOf(explanation, options, language).join('\n')}\n`)
    })
}

function linesOf(explanation: Lookthrough, options: Options, language: Language): string[] {
  if (options.json === true) return [JSON.stringify(explanation)]
  if (options.dot === true) return dot(explanation, language)
  return options.csv === true ? csv(explanation) : tree(explanation, language)
}

/** Throws LT-1001 (cannot be opened), LT-2404 (of another version). */
async function askFile(asked: Asked, options: Options & { db: string }, language: Language): Promise<Lookthrough> {
  const { query, close } = await openTables(options, language)
  try {
    const [schema] = await query(`SELECT value FROM engine.meta WHERE key = 'schema'`)
    if (Number(schema?.['value']) !== SCHEMA_VERSION) throw new LookthroughError('LT-2404', { file: options.db, why: String(schema?.['value']) })
    return await explain(query, asked)
  } finally {
    close()
  }
}

/** Throws LT-2102 (no desk there), and what the desk answers. */
async function askDesk({ institution, obligor, at }: Asked, options: Options, language: Language): Promise<Lookthrough> {
  const { url, token } = await signIn(options)
  const query = new URLSearchParams({ institution, party: obligor, ...(at !== undefined && { at: formatTime(at) }) })
  const headers = { authorization: `Bearer ${token}`, 'accept-language': language }
  const response = await fetch(`${url}/v1/lookthrough?${query.toString()}`, { headers }).catch((error: unknown) => {
    throw new LookthroughError('LT-2102', { url }, error)
  })
  const answer = (await response.json()) as Lookthrough | { error: { code: string; message: string; detail: Facts | null } }
  if (!('error' in answer)) return answer
  const { code, message, detail } = answer.error
  throw code in ERRORS ? new LookthroughError(code as ErrorCode, detail ?? {}) : new LookthroughError('LT-1006', { why: message })
}
