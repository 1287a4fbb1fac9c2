import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replay } from '../replay/replay.ts'
import { openFiles } from '../../hot/accept/file-source.ts'
import { checkFiles, type WrongEvent } from './check-files.ts'

const events = [
  party('e1', { partyId: 'P1', ids: ['lei:506700GE1G29325QX363', 'uscc:91100000100003962T'] }),
  party('e2', { partyId: 'P2', ids: ['bic:ICBKCNBJ', 'lei:506700GE1G29325QX364', 'uscc:91100000100003962A'] }),
  party('e3', { partyId: 'lei:506700GE1G29325QX36' }),
  event('e4', 'book.position', 'positionId', {
    positionId: 'PO1',
    book: 'trading',
    kind: 'bond',
    side: 'long',
    value: '1.00',
    ccy: 'RMB',
    issuerId: 'P1',
    instrumentId: 'isin:US0378331006',
  }),
  event('e5', 'mkt.price', 'instrumentId', { instrumentId: 'USD/CNH', kind: 'fx', value: '7.1' }),
  event('e6', 'mkt.price', 'instrumentId', { instrumentId: 'XAU/CNY', kind: 'fx', value: '700' }),
  event('e7', 'product.holding', 'productId', {
    productId: 'F1',
    kind: 'fund',
    asOf: '2026-03-02',
    nav: '1.00',
    totalAssets: '1.00',
    unidentified: '0.00',
    lines: [{ kind: 'bond', issuerId: 'lei:5067', value: '1.00' }],
  }),
]
const file = join(mkdtempSync(join(tmpdir(), 'lookthrough-check-')), 'events.ndjson')
writeFileSync(file, `${events.map((e) => JSON.stringify(e)).join('\n')}\n{"no":"event"}\n`)

test('every identifier and currency that cannot be one is told with its event and place; what is no event is counted', async () => {
  const told: WrongEvent[] = []
  expect(await checkFiles([file], (wrong) => told.push(wrong))).toEqual({ events: 7, dead: 1, wrong: 7 })
  expect(told.map((w) => `${w.event} ${w.institution} ${w.type} ${w.pointer} ${w.value} ${w.standard}`).sort()).toEqual([
    '/b|e2 B0001 ref.party /ids/1 lei:506700GE1G29325QX364 lei',
    '/b|e2 B0001 ref.party /ids/2 uscc:91100000100003962A uscc',
    '/b|e3 B0001 ref.party /partyId lei:506700GE1G29325QX36 lei',
    '/b|e4 B0001 book.position /ccy RMB currency',
    '/b|e4 B0001 book.position /instrumentId isin:US0378331006 isin',
    '/b|e5 B0001 mkt.price /instrumentId USD/CNH currency',
    '/b|e7 B0001 product.holding /lines/0/issuerId lei:5067 lei',
  ])
})

test('none of them is refused by the engine', async () => {
  const { dead, used } = await replay({ source: await openFiles([file]), rules: [] })
  expect([dead, used]).toEqual([1, 7])
})

function party(id: string, data: Record<string, unknown>) {
  return event(id, 'ref.party', 'partyId', { kind: 'company', name: 'N', ...data })
}

function event(id: string, type: string, key: string, data: Record<string, unknown>) {
  const sequence = id.slice(1)
  return { specversion: '1.0', id, source: '/b', type, time: '2026-03-02T01:00:00Z', subject: data[key], institution: 'B0001', sequence, data }
}
