import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { type Language, LookthroughError } from '../../contract/errors.ts'
import { say } from '../../messages/index.ts'

/** Which desk is asked, and as whom. */
export type DeskOptions = { url?: string; token?: string; tokenFile?: string; data: string }
type Options = DeskOptions & { limit?: number; json?: boolean }
export type Answer = {
  columns: { name: string; type: string }[]
  rows: unknown[][]
  truncated: boolean
  error?: { message: string; detail?: { message?: string } | null }
}

export function sqlCommand(language: Language): Command {
  return new Command('sql')
    .description(say('cli.sql', language))
    .argument('<query>')
    .option('--url <url>', say('cli.url', language))
    .option('--token <token>', say('cli.token', language))
    .option('--data <dir>', say('cli.data', language), '.lookthrough')
    .option('--limit <n>', say('cli.limit', language), Number)
    .option('--json', say('cli.json', language))
    .action(async (query: string, options: Options) => {
      const { url, token } = await signIn(options)
      const answer = await ask(url, token, query, options.limit, language)
      if (options.json === true) process.stdout.write(`${JSON.stringify(answer)}\n`)
      else process.stdout.write(`${table(answer).join('\n')}\n${answer.truncated ? `${say('sql.truncated', language)}\n` : ''}`)
    })
}

/** Throws LT-2102 (no desk there), LT-1006 (the query failed). */
export async function ask(url: string, token: string, sql: string, limit: number | undefined, language: Language): Promise<Answer> {
  let response: Response
  try {
    response = await fetch(`${url}/v1/sql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'accept-language': language },
      body: JSON.stringify({ sql, ...(limit !== undefined && { limit }) }),
    })
  } catch (error) {
    throw new LookthroughError('LT-2102', { url }, error)
  }
  const answer = (await response.json()) as Answer
  if (answer.error !== undefined) throw new LookthroughError('LT-1006', { why: answer.error.detail?.message ?? answer.error.message })
  return answer
}

/** `renew`: the token as it is now; a file with one may be replaced while the program runs. */
export type SignIn = { url: string; token: string; renew: () => Promise<string> }

/** The desk of the running demonstration, unless told otherwise. Throws LT-1001 (no such token file), LT-2103 (nothing is running). */
export async function signIn({ url, token, tokenFile, data }: DeskOptions, role = 'analyst'): Promise<SignIn> {
  const given = tokenFile === undefined ? token : await tokenOf(tokenFile)
  const renew = (now: string) => () => (tokenFile === undefined ? Promise.resolve(now) : tokenOf(tokenFile))
  if (url !== undefined && given !== undefined) return { url, token: given, renew: renew(given) }
  const file = join(data, 'start.json')
  try {
    const running = JSON.parse(await readFile(file, 'utf8')) as { url: string; users: { role: string; token: string }[] }
    const known = given ?? running.users.find((u) => u.role === role)?.token ?? ''
    return { url: url ?? running.url, token: known, renew: renew(known) }
  } catch (error) {
    throw new LookthroughError('LT-2103', { file }, error)
  }
}

/** Throws LT-1001. */
export async function tokenOf(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    throw new LookthroughError('LT-1001', { file, why: (error as Error).message }, error)
  }
}

export function table({ columns, rows }: Pick<Answer, 'columns' | 'rows'>): string[] {
  const text = (v: unknown) => (v === null ? '' : typeof v === 'object' ? JSON.stringify(v) : String(v))
  const cells = [columns.map((c) => c.name), ...rows.map((r) => r.map(text))]
  const widths = columns.map((_, k) =>
    Math.min(
      60,
      cells.reduce((w, r) => Math.max(w, (r[k] ?? '').length), 0),
    ),
  )
  return cells.map((r) =>
    r
      .map((c, k) => c.padEnd(widths[k] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
