/** Topics and their fields on the left, the rule on the right: what it rests on, to be looked at. */
import { escape } from './html.ts'
import type { Lineage } from './lineage.ts'

const [ROW, WIDTH, TOPIC_X, FIELD_X, FIELD_WIDTH, RULE_X] = [26, 760, 8, 190, 190, 540]

/** An SVG as text; empty where a rule rests on no field. */
export function lineagePicture(code: string, title: string, lineage: Lineage): string {
  const rows = [...lineage].flatMap(([topic, fields]) => fields.map((field, i) => ({ topic: i === 0 ? topic : '', field })))
  if (rows.length === 0) return ''
  const height = rows.length * ROW + 16
  const middle = height / 2
  const lines = rows.map(({ topic, field }, i) => {
    const y = 8 + i * ROW + ROW / 2
    const from = FIELD_X + FIELD_WIDTH
    return [
      topic === '' ? '' : `<text x="${TOPIC_X}" y="${y + 5}" font-weight="600">${escape(topic)}</text>`,
      `<rect x="${FIELD_X}" y="${y - 11}" width="${FIELD_WIDTH}" height="22" rx="4" fill="#f4f6f8" stroke="#d5dae1"/>`,
      `<text x="${FIELD_X + 10}" y="${y + 5}">${escape(field)}</text>`,
      `<path d="M${from} ${y} C ${from + 80} ${y}, ${RULE_X - 80} ${middle}, ${RULE_X} ${middle}" fill="none" stroke="#9aa5b1"/>`,
    ].join('')
  })
  const rule = `<rect x="${RULE_X}" y="${middle - 24}" width="${WIDTH - RULE_X - 8}" height="48" rx="6" fill="#e8f1fb" stroke="#0b5cad"/>
<text x="${RULE_X + 12}" y="${middle - 3}" font-weight="600">${escape(code)}</text><text x="${RULE_X + 12}" y="${middle + 15}">${escape(title)}</text>`
  return `<svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" font-size="13" font-family="system-ui, sans-serif" role="img" aria-label="${escape(code)}">${lines.join('')}${rule}</svg>`
}
