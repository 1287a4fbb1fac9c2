import { Command } from 'commander'
import { conformance, type Result } from '../../client/conformance/conformance.ts'
import type { Setup } from '../../client/conformance/bench.ts'
import { doctor, type Finding } from '../../client/doctor.ts'
import { type Language, LookthroughError } from '../../contract/errors.ts'
import { say } from '../../messages/index.ts'
import { durationOption } from './options.ts'
import { type DeskOptions, signIn, tokenOf } from './sql.ts'
import { deskOptions } from './tail.ts'

type Options = DeskOptions & { json?: boolean; otherTokenFile?: string; offline?: number; slow?: number; patience?: number }

const OFFLINE_MS = 40_000
const SLOW_MS = 20_000
const PATIENCE_MS = 30_000
const SIGNS = { passed: '✓', failed: '✗', skipped: '–' }

export function feedCommand(language: Language): Command {
  const look = deskOptions(new Command('doctor').description(say('feed.doctor', language)), language)
    .option('--json', say('cli.json', language))
    .action((options: Options) => runDoctor(options, language))
  const test = deskOptions(new Command('test').description(say('feed.test', language)), language).action((options: Options) => sendTest(options, language))
  const check = deskOptions(new Command('conformance').description(say('feed.conformance', language)).argument('[url]'), language)
    .option('--other-token-file <file>', say('feed.otherToken', language))
    .option('--offline <duration>', say('feed.offline', language), durationOption, OFFLINE_MS)
    .option('--slow <duration>', say('feed.slow', language), durationOption, SLOW_MS)
    .option('--patience <duration>', say('feed.patience', language), durationOption, PATIENCE_MS)
    .option('--json', say('cli.json', language))
    .action((url: string | undefined, options: Options) => runConformance({ ...options, ...(url !== undefined && { url }) }, language))
  return new Command('feed').description(say('feed.about', language)).addCommand(look).addCommand(test).addCommand(check)
}

async function runDoctor(options: Options, language: Language): Promise<void> {
  const findings = await doctor(await setupOf(options, language), (finding) => {
    if (options.json !== true) print(findingText(finding, language))
  })
  if (options.json === true) print(JSON.stringify(findings))
  if (findings.some(({ ok }) => !ok)) process.exitCode = 1
}

function findingText({ ok, says, fix }: Finding, language: Language): string {
  return fix === null ? `${ok ? SIGNS.passed : SIGNS.failed} ${says}` : `${SIGNS.failed} ${says}\n  ${say('feed.fix', language, { fix })}`
}

/** Throws LT-2102 (no desk there), LT-2180 (the token is refused), LT-2111 (the desk has no such thing). */
async function sendTest(options: Options, language: Language): Promise<void> {
  const { url, token } = await signIn(options)
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(`${url}/v1/feed/test`, { method: 'POST', headers }).catch((error: unknown) => {
    throw new LookthroughError('LT-2102', { url }, error)
  })
  if (response.status === 401) throw new LookthroughError('LT-2180', { url })
  if (!response.ok) throw new LookthroughError('LT-2111')
  const { id, connections } = (await response.json()) as { id: string; connections: number }
  print(say('feed.test.sent', language, { id, connections }))
}

async function runConformance(options: Options, language: Language): Promise<void> {
  const results = await conformance(await setupOf(options, language), (result) => {
    if (options.json !== true) print(resultText(result))
  })
  if (options.json === true) print(JSON.stringify(results))
  else print(say('feed.total', language, { ...count(results), checks: results.length }))
  if (results.some(({ outcome }) => outcome === 'failed')) process.exitCode = 1
}

function resultText({ outcome, title, why, ms }: Result): string {
  return `${SIGNS[outcome]} ${title} · ${ms} ms${why === '' ? '' : `\n  ${why}`}`
}

function count(results: readonly Result[]): Record<Result['outcome'], number> {
  const of = (outcome: Result['outcome']) => results.filter((r) => r.outcome === outcome).length
  return { passed: of('passed'), failed: of('failed'), skipped: of('skipped') }
}

async function setupOf(options: Options, language: Language): Promise<Setup> {
  const { url, token } = await signIn(options)
  const { otherTokenFile, offline = OFFLINE_MS, slow = SLOW_MS, patience = PATIENCE_MS } = options
  const otherToken = otherTokenFile === undefined ? undefined : await tokenOf(otherTokenFile)
  return { url: url.replace(/\/$/, ''), token, otherToken, offlineMs: offline, slowMs: slow, patienceMs: patience, language }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
