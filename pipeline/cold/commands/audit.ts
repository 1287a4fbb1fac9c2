import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Command, Option } from 'commander'
import { type Language, LookthroughError } from '../../contract/errors.ts'
import { checkExport } from '../../desk/audit/check.ts'
import { FORMATS } from '../../desk/audit/export.ts'
import { say } from '../../messages/index.ts'
import { type DeskOptions, signIn } from './sql.ts'
import { deskOptions } from './tail.ts'

type ExportOptions = DeskOptions & { from?: string; to?: string; format: string }

export function auditCommand(language: Language): Command {
  const handOut = deskOptions(new Command('export').description(say('audit.export', language)), language)
    .option('--from <time>', say('audit.from', language))
    .option('--to <time>', say('audit.to', language))
    .addOption(new Option('--format <format>', say('audit.format', language)).choices(Object.keys(FORMATS)).default('ndjson'))
    .action((options: ExportOptions) => exportTo(process.stdout, options, language))
  const check = new Command('check')
    .description(say('audit.check', language))
    .argument('<files...>')
    .action((files: string[]) => checkFiles(files, language))
  return new Command('audit').description(say('audit.about', language)).addCommand(handOut).addCommand(check)
}

/** Throws LT-2102 (no desk there), LT-2180 (the token is refused), LT-1006 (the desk refused, or broke off). */
async function exportTo(out: NodeJS.WritableStream, { from, to, format, ...desk }: ExportOptions, language: Language): Promise<void> {
  const { url, token } = await signIn(desk, 'auditor')
  const query = new URLSearchParams({ ...(from !== undefined && { from }), ...(to !== undefined && { to }), format })
  const headers = { authorization: `Bearer ${token}`, 'accept-language': language }
  const response = await fetch(`${url}/v1/audit?${query.toString()}`, { headers }).catch((error: unknown) => {
    throw new LookthroughError('LT-2102', { url }, error)
  })
  if (response.status === 401) throw new LookthroughError('LT-2180', { url })
  if (!response.ok || response.body === null) throw new LookthroughError('LT-1006', { why: await messageIn(response) })
  await pipeline(Readable.from(response.body), out, { end: false }).catch((error: Error) => {
    throw new LookthroughError('LT-1006', { why: error.message }, error)
  })
}

async function messageIn(response: Response): Promise<string> {
  const body = (await response.json().catch(() => undefined)) as { error?: { message?: string } } | undefined
  return body?.error?.message ?? `HTTP ${response.status}`
}

/** Exit 1 where something does not follow. Throws LT-1001. */
async function checkFiles(files: readonly string[], language: Language): Promise<void> {
  const known = new Map<number, string>()
  for (const file of files) {
    const { entries, first, last, findings } = await checkExport(linesOf(file), known).catch((error: Error) => {
      throw new LookthroughError('LT-1001', { file, why: error.message }, error)
    })
    for (const { line, why } of findings) process.stdout.write(`${say('audit.finding', language, { file, line, why: say(`audit.why.${why}`, language) })}\n`)
    if (findings.length === 0) process.stdout.write(`${say('audit.sound', language, { file, entries, first, last })}\n`)
    else process.exitCode = 1
  }
}

function linesOf(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file), crlfDelay: Infinity })
}
