/** What a rule says to people: in both languages, with the same placeholders, each of them a value the alert has. */
import type { Rule, Words } from '../../contract/rule.ts'
import type { Linted, Remark } from './lint.ts'
import { type Unit, valueUnits } from './units.ts'

const HAN = /\p{Script=Han}/u
/** What any sentence may name. */
const ALWAYS = ['institution', 'subject', 'threshold', 'start', 'end', 'window']

export function wordLints({ rule }: Linted): Remark[] {
  return [...translationLints(rule), ...placeholderLints(rule), ...unitLints(rule)]
}

function translationLints(rule: Rule): Remark[] {
  const words: [at: string, words: Words][] = [
    ['title:', rule.title],
    ['says:', rule.says],
    ['advice:', rule.advice],
    ...rule.gaps.map((gap): [string, Words] => [gap.zh === '' ? gap.en : gap.zh, gap]),
  ]
  const isTranslated = ({ zh, en }: Words) => HAN.test(zh) && en.trim() !== '' && !HAN.test(en.replace(/[“”‘’]/g, ''))
  return words.filter(([, w]) => !isTranslated(w)).map(([at]) => ({ lint: 'untranslated', at, facts: { text: at.replace(/:$/, '') } }))
}

function placeholderLints({ says, ...rule }: Rule): Remark[] {
  const known = new Set([...ALWAYS, ...Object.keys(valueUnits({ says, ...rule } as Rule))])
  const [zh, en] = [placeholders(says.zh), placeholders(says.en)]
  const unknown = [...new Set([...zh, ...en].map(({ name }) => name))].filter((name) => !known.has(name))
  const names = (of: Placeholder[]) => [...new Set(of.map((p) => p.name))].sort().join(', ')
  return [
    ...unknown.map((name): Remark => ({ lint: 'placeholder', at: `{${name}`, facts: { name, known: [...known].join(', ') } })),
    ...(names(zh) === names(en) ? [] : [{ lint: 'placeholders-differ', at: 'says:', facts: { zh: names(zh), en: names(en) } } satisfies Remark]),
  ]
}

/** `{x:money}` prints yuan, `{x:percent}` a ratio times 100. A text may be a number that was written out before. */
function unitLints(rule: Rule): Remark[] {
  const units = valueUnits(rule)
  const wrong = (['zh', 'en'] as const).flatMap((language) =>
    placeholders(rule.says[language]).filter(({ name, format, after }) => isWrong(format, after, units[name])),
  )
  return wrong.map(({ text }) => ({ lint: 'unit-in-words', at: text, facts: { text } }))
}

function isWrong(format: string | undefined, after: string, unit: Unit | undefined): boolean {
  if (/^\s*(万元|亿元|million|billion)/.test(after)) return true
  if (format === 'percent' && /^\s*%/.test(after)) return true
  if (format === 'money') return unit !== undefined && unit !== 'money' && unit !== 'text'
  return format === 'percent' && unit !== undefined && unit !== 'ratio' && unit !== 'text'
}

type Placeholder = { text: string; name: string; format: string | undefined; after: string }

function placeholders(sentence: string): Placeholder[] {
  return [...sentence.matchAll(/\{(\w+)(?::(\w+))?\}/g)].map((m) => ({
    text: m[0],
    name: m[1] ?? '',
    format: m[2],
    after: sentence.slice(m.index + m[0].length),
  }))
}
