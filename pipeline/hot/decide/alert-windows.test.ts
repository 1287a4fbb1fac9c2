import { expect, test } from 'vitest'
import { loadRules } from '../../cold/catalogue/catalogue.ts'
import { type Alert, count, defineRule, formatTime, type Rule, withParameters } from '../../contract/index.ts'
import { always } from '../../contract/ruling.ts'
import { createSchema } from '../../store/schema.ts'
import { Database } from '../../store/database.ts'
import { AlertWindows } from './alert-windows.ts'

const rules = await loadRules()
const ruleOf = (code: string) => rules.find((r) => r.code === code) as Rule
const run = withParameters(ruleOf('SY-07'), { institutions: '2' }) as Rule
const HOUR = 3_600_000
const START = Date.UTC(2026, 2, 2)
const opened = (institution: string, hours: number): Alert =>
  ({ id: `A-${institution}-${hours}`, revision: 1, rule: { code: 'LQ-06' }, institution, at: formatTime(START + hours * HOUR) }) as Alert

async function windowsOver(some: readonly Rule[]): Promise<AlertWindows> {
  const db = await Database.open(':memory:')
  await createSchema(db)
  const windows = new AlertWindows({ db, rulings: always(some) })
  await windows.restore()
  return windows
}

test('from 2026-03-02 alerts that are said together or one after the other, ahead of the watermark or behind it, make the same of their windows', async () => {
  const alerts = [opened('B1', 1), opened('B2', 20.5), opened('B1', 30), opened('B3', 60)]
  const said = (found: ReturnType<AlertWindows['judge']>) => found.map(({ at, start, step, values }) => ({ at, start, step, values }))
  const atOnce = said((await windowsOver([run])).judge(alerts, Infinity))
  const windows = await windowsOver([run])
  const stepwise = [
    ...windows.judge(alerts.slice(0, 1), -Infinity),
    ...windows.judge(alerts.slice(1), START + 20 * HOUR),
    ...windows.judge([], START + 21 * HOUR),
    ...windows.judge([], Infinity),
  ]
  const inOrder = (some: typeof atOnce) => [...some].sort((a, b) => a.at - b.at || a.start - b.start)
  expect(inOrder(said(stepwise))).toEqual(inOrder(atOnce))
  expect(atOnce.filter((f) => f.step === 'before').map((f) => f.at)).toContain(START + 20.5 * HOUR)
  expect(atOnce.every((f) => f.values['count'] === '2')).toBe(true)
})

test('alerts on single occurrences come in no order of time: a rule that names them is refused', async () => {
  for (const code of ['MR-09', 'OP-11', 'OP-14', 'OP-16']) {
    const over = defineRule({ ...(run as Extract<Rule, { kind: 'alerts' }>), of: [code], parameters: { ...run.parameters, institutions: count(2) } })
    await expect(windowsOver([over, ruleOf(code)])).rejects.toThrow(`rule SY-07: alerts of ${code} are about single occurrences`)
  }
})
