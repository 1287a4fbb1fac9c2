/** Whether a rule can run beside others: what `rules lint` looks for in a record alone, and that an engine can be made of it. */
import { memorySource } from '../../contract/source.ts'
import { isOverOccurrences, type Rule } from '../../contract/rule.ts'
import { say } from '../../messages/index.ts'
import { Database } from '../../store/database.ts'
import { replay } from '../replay/replay.ts'
import { expressionLints } from './expressions.ts'
import { identityLints } from './identity.ts'
import type { Linted } from './lint.ts'
import { stateLints } from './state.ts'
import { unitLints } from './units.ts'

/** The first thing that is wrong, as a sentence; undefined where nothing is. */
export async function faultBeside(rule: Rule, beside: readonly Rule[]): Promise<string | undefined> {
  try {
    return (await lintFault(rule)) ?? overAlertsFault(rule, beside) ?? (await startFault(rule))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function lintFault(rule: Rule): Promise<string | undefined> {
  const db = await Database.open(':memory:')
  try {
    const linted: Linted = { rule, cases: [], law: '', db, recorded: {} }
    const [first] = [...(await expressionLints(linted)), ...unitLints(linted), ...stateLints(linted), ...identityLints(linted)]
    return first === undefined ? undefined : say(`lint.${first.lint}`, 'en', first.facts)
  } finally {
    db.close()
  }
}

/** Alerts on single occurrences come in no order of time. */
function overAlertsFault(rule: Rule, beside: readonly Rule[]): string | undefined {
  const [over, of] = rule.kind === 'alerts' ? [[rule], beside] : [beside.filter((r) => r.kind === 'alerts'), [rule]]
  const wrong = over.flatMap((r) => of.filter((o) => r.of.includes(o.code) && isOverOccurrences(o)).map((o) => `${r.code} is over ${o.code}`))
  return wrong.length === 0 ? undefined : `${wrong[0]}, whose alerts are about single occurrences`
}

async function startFault(rule: Rule): Promise<string | undefined> {
  try {
    await replay({ source: memorySource([]), rules: [rule] })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
