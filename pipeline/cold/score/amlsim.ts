/** The payment rules on a published AMLSim sample, beside its own word on which accounts launder (`isFraud` of `nodes.csv`): as they are, tuned to nothing. */
import { memorySource } from '../../contract/source.ts'
import { parse } from 'csv-parse'
import type { PublishedAlert, Rule } from '../../contract/index.ts'
import { importFile } from '../importers/importers.ts'
import { members } from '../importers/members.ts'
import { replay } from '../replay/replay.ts'
import { loadRules } from '../catalogue/catalogue.ts'

/** `named`: accounts that are the subject of an alert; `met`: those and all that pay or are paid in its evidence; `fraudNamed`, `fraudMet`: how many of them launder. */
export type AmlScore = { rule: string; alerts: number; named: number; fraudNamed: number; met: number; fraudMet: number; fraud: number }

type Payment = { debtorAccount: string; creditorAccount: string }

/** Per rule over payments what it finds in the sample `file` (`.tgz` with `transactions.csv` and `nodes.csv`). Throws LT-1001, LT-1004. */
export async function scoreAmlsim(file: string): Promise<AmlScore[]> {
  const fraud = await fraudulent(file)
  const payments = new Map<string, Payment>()
  const lines: Buffer[] = []
  await importFile('amlsim', file, (line) => {
    const event = JSON.parse(line) as { source: string; id: string; data: Payment }
    payments.set(`${event.source}|${event.id}`, event.data)
    lines.push(Buffer.from(line))
  })
  const rules = (await loadRules()).filter(readsPayments)
  const { revisions } = await replay({ source: memorySource(lines), rules })
  return rules.map((rule) => scoreOf(rule, revisions, payments, fraud)).filter((score) => score.alerts > 0)
}

function readsPayments(rule: Rule): boolean {
  return rule.code.startsWith('OP-') && (('reads' in rule && rule.reads === 'pay.payment') || (rule.kind === 'graph' && rule.from === 'round_trip'))
}

function scoreOf({ code }: Rule, revisions: readonly PublishedAlert[], payments: ReadonlyMap<string, Payment>, fraud: ReadonlySet<string>): AmlScore {
  const own = revisions.filter((r) => r.rule.code === code)
  const named = new Set(own.map((r) => r.subject.id))
  const paid = own.flatMap((r) => r.evidence).flatMap((event) => payments.get(event) ?? [])
  const met = new Set([...named, ...paid.flatMap((p) => [p.debtorAccount, p.creditorAccount])])
  const launder = (accounts: ReadonlySet<string>) => [...accounts].filter((account) => fraud.has(account)).length
  const alerts = new Set(own.map((r) => r.id)).size
  return { rule: code, alerts, named: named.size, fraudNamed: launder(named), met: met.size, fraudMet: launder(met), fraud: fraud.size }
}

async function fraudulent(file: string): Promise<Set<string>> {
  const found = new Set<string>()
  for await (const { stream } of members(file, ['/nodes.csv']))
    for await (const row of stream.pipe(parse({ columns: true, trim: true })) as AsyncIterable<Record<string, string>>)
      if (row['isFraud'] === '1') found.add(`n${row['nodeid']}`)
  return found
}
