import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFiles } from '../../hot/accept/file-source.ts'
import { replay } from '../replay/replay.ts'
import { openTables } from '../tables.ts'
import type { Lookthrough } from '../../contract/lookthrough.ts'
import { explain } from './explanation.ts'
import { csv, dot, tree } from './render.ts'

const folder = mkdtempSync(join(tmpdir(), 'lookthrough-explain-'))
afterAll(() => rmSync(folder, { recursive: true }))

const event = (type: string, id: string, institution: string, data: object) => ({
  specversion: '1.0',
  id,
  source: `/${institution}`,
  type,
  time: '2026-03-02T01:00:00Z',
  subject: id,
  institution,
  sequence: '1',
  data,
})
const product = (productId: string, lines: object[]) =>
  event('product.holding', productId, 'AM001', {
    productId,
    kind: 'fund',
    asOf: '2026-03-02',
    nav: '1000.00',
    totalAssets: '1000.00',
    lines,
    unidentified: '0.00',
  })
/** A fifth of W, which holds half of F beside a bond of P1; F's bonds are P1's too. And a loan. */
const WORLD = [
  event('credit.loan', 'L1', 'B0001', { loanId: 'L1', customerId: 'P1', product: 'corporate', balance: '90.00', ccy: 'CNY', dpd: 0, class: 'normal' }),
  event('book.position', 'X1', 'B0001', {
    positionId: 'X1',
    book: 'banking',
    kind: 'fundUnits',
    productId: 'W',
    side: 'long',
    value: '200.00',
    ccy: 'CNY',
    share: '0.2',
  }),
  product('W', [
    { kind: 'fundUnits', productId: 'F', value: '500.00', share: '0.5' },
    { kind: 'bond', issuerId: 'P1', value: '100.00' },
  ]),
  product('F', [{ kind: 'bond', issuerId: 'P1', value: '800.00' }]),
]

let found: Lookthrough
beforeAll(async () => {
  const [file, db] = [join(folder, 'world.ndjson'), join(folder, 'world.duckdb')]
  writeFileSync(file, WORLD.map((e) => `${JSON.stringify(e)}\n`).join(''))
  await replay({ source: await openFiles([file]), rules: [], db })
  const { query, close } = await openTables({ db, data: folder }, 'en')
  found = await explain(query, { institution: 'B0001', obligor: 'P1' })
  await expect(explain(query, { institution: 'B0001', obligor: 'P9' })).rejects.toMatchObject({ code: 'LT-1014' })
  close()
})

test('every path is a branch, the largest first, with shares multiplied down and amounts that add up', () => {
  expect(tree(found, 'en')).toEqual([
    'B0001 → P1  190.00 CNY (direct 90.00, through products 100.00) at 2026-03-02T01:00:00.000Z',
    '├─ W  fundUnits  20 %            100.00  /B0001|X1',
    '│  ├─ F  fundUnits  50 % = 10 %   80.00  /AM001|W',
    '│  │  └─ P1  bond                 80.00  /AM001|F',
    '│  └─ P1  bond                    20.00  /AM001|W',
    '└─ P1  loan                       90.00  /B0001|L1',
  ])
  expect(tree(found, 'zh')[0]).toBe('B0001 → P1  合计 190.00 元（直接 90.00，穿透 100.00），截至 2026-03-02T01:00:00.000Z')
})

test('the same as rows, as a graph and as JSON', () => {
  expect(csv(found)[2]).toBe('2,F,fundUnits,0.5,0.1,80.00,/AM001|W')
  expect(dot(found, 'en')).toContain('  "W" -> "F" [label="fundUnits  50 % = 10 %\\n80.00"];')
  expect(found).toMatchObject({ total: '190.00', indirect: '100.00', rest: '0.00', paths: [{ to: 'W', amount: '100.00' }, { kind: 'loan' }] })
})
