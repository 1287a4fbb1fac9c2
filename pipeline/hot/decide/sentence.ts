/** The sentence on an alert: the rule's template with the alert's values put in. */
import type { Words } from '../../contract/rule.ts'

/** `{name}` as it stands, `{name:percent}` `0.1320` → `13.20%`, `{name:money}` `1234567.00` → `1,234,567.00`, `{name:price}` `99.5000000000` → `99.50`. */
export function sentence(template: Words, facts: Record<string, string>): Words {
  return { zh: fill(template.zh, facts), en: fill(template.en, facts) }
}

export const RESOLVED: Words = { zh: '已解除：', en: 'Resolved: ' }

function fill(template: string, facts: Record<string, string>): string {
  return template.replace(/\{(\w+)(?::(percent|money|price))?\}/g, (whole, name: string, format: string | undefined) => {
    const value = facts[name]
    if (value === undefined) return whole
    return format === undefined ? value : FORMATS[format as keyof typeof FORMATS](value)
  })
}

const FORMATS = { percent, money: grouped, price: shortened }

/** Moves the point two places; at least two decimals. */
function percent(ratio: string): string {
  const [whole = '0', decimals = ''] = ratio.replace('-', '').split('.')
  const digits = decimals.padEnd(4, '0')
  const number = `${whole}${digits.slice(0, 2)}`.replace(/^0+(?=\d)/, '')
  return `${ratio.startsWith('-') ? '-' : ''}${number}.${digits.slice(2)}%`
}

function grouped(amount: string): string {
  const [whole = '0', decimals] = amount.split('.')
  const text = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
  return decimals === undefined ? text : `${text}.${decimals}`
}

/** Without the zeros at its end, but for two decimals. */
function shortened(price: string): string {
  return price.replace(/(\.\d\d\d*?)0+$/, '$1')
}
