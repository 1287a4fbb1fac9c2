import { Command } from 'commander'
import type { Language } from '../../contract/errors.ts'
import { type Parameter, type Rule, ruleHash } from '../../contract/index.ts'
import { say } from '../../messages/index.ts'
import { loadRules, selectRules } from '../catalogue/catalogue.ts'

export function rulesCommand(language: Language): Command {
  const list = new Command('list')
    .description(say('cli.rulesList', language))
    .option('--json', say('cli.json', language))
    .action(async ({ json }: { json?: boolean }) => {
      const rules = await loadRules()
      if (json === true) process.stdout.write(`${JSON.stringify(rules.map(({ code, id, version, title, kind }) => ({ code, id, version, title, kind })))}\n`)
      else for (const r of rules) process.stdout.write(`${r.code}  ${r.version}  ${r.id.padEnd(34)} ${r.title[language]}\n`)
    })
  const show = new Command('show')
    .description(say('cli.rulesShow', language))
    .argument('<rule>')
    .option('--json', say('cli.json', language))
    .action(async (name: string, { json }: { json?: boolean }) => {
      const [rule] = selectRules(await loadRules(), [name], [])
      if (rule === undefined) return
      process.stdout.write(json === true ? `${JSON.stringify({ ...rule, hash: ruleHash(rule) }, null, 2)}\n` : `${text(rule, language).join('\n')}\n`)
    })
  return new Command('rules').description(say('cli.rulesAbout', language)).addCommand(list).addCommand(show)
}

function text(rule: Rule, language: Language): string[] {
  return [
    `${rule.code} ${rule.title[language]}  (${rule.id} ${rule.version})`,
    ...rule.law.map((l) => `  ${l.act} ${l.article} · ${l.inForce}${l.verified ? '' : ` · ${say('rules.unverified', language)}`}`),
    ...Object.entries(rule.parameters).map(([name, p]) => `  ${rule.code}.${name} = ${p.value}${p.type === 'count' ? ` ${p.unit}` : ''}${boundsOf(p)}`),
    `  ${rule.advice[language]}`,
    ...rule.gaps.map((gap) => `  ${say('rules.gap', language, { gap: gap[language] })}`),
  ]
}

function boundsOf(p: Parameter): string {
  if (p.type === 'words') return ''
  return `  [${p.type === 'choice' ? p.of.join(', ') : `${p.min}, ${p.max}`}]`
}
