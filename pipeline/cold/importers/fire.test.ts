import { describe, expect, test } from 'vitest'
import { fileOf, imported } from './testing/imported.ts'

const DATE = '2026-03-31T00:00:00Z'
const of = (data: Record<string, object[]>) => {
  const dated = Object.entries(data).map(([kind, list]) => [kind, list.map((record, i) => ({ id: `${kind}${i + 1}`, date: DATE, ...record }))])
  return imported('fire', fileOf('fire.json', JSON.stringify({ title: 't', data: Object.fromEntries(dated) })))
}

describe('a FIRE loan', () => {
  test('becomes a loan in whole currency units, to the customer of the firm, with class and provision', async () => {
    const loan = {
      balance: 123_456_78,
      currency_code: 'CNY',
      customer_id: 'C1',
      type: 'mortgage',
      limit_amount: 200_000_00,
      provision_amount: 5,
      impairment_status: 'stage_3_doubtful',
      arrears_balance: 1,
      first_arrears_date: '2026-01-01',
      start_date: '2020-01-01T00:00:00Z',
      end_date: '2040-01-01',
      rate: 0.03,
      reporting_lei: '5493001KJTIIGC8Y1R12',
    }
    const { events, report } = await of({ loan: [loan] })
    expect(events[0]).toMatchObject({ type: 'credit.loan', id: 'loan:loan1@2026-03-31T00:00:00.000Z', institution: '5493001KJTIIGC8Y1R12', subject: 'loan1' })
    expect(events[0]?.data).toEqual({
      loanId: 'loan1',
      customerId: '5493001KJTIIGC8Y1R12:C1',
      product: 'mortgage',
      balance: '123456.78',
      ccy: 'CNY',
      limit: '200000.00',
      dpd: 89,
      class: 'doubtful',
      provision: '0.05',
      impaired: true,
      disbursedOn: '2020-01-01',
      maturesOn: '2040-01-01',
    })
    expect([...report.uncarried, ...report.assumed]).toEqual([['loan.rate', 1]])
  })

  test('that is committed and off the balance sheet is a limit; one the firm owes is none; what is not stated is said to be assumed', async () => {
    const { data, report, reasons } = await of({
      loan: [
        { balance: 100, asset_liability: 'liability', on_balance_sheet: false, status: 'committed', currency_code: 'GBP', type: 'personal', customer_id: 'C1' },
        { balance: 100, asset_liability: 'liability', currency_code: 'GBP' },
        { balance: -50, customers: [{ id: 'C1' }, { id: 'C2' }] },
        { balance: 70, status: 'defaulted', type: 'commercial', currency_code: 'GBP' },
        { balance: 1.5 },
      ],
    })
    const loan = (n: number) => data(`loan:loan${n}@2026-03-31T00:00:00.000Z`)
    expect(loan(1)).toMatchObject({ balance: '0.00', limit: '1.00', product: 'consumer', class: 'normal', dpd: 0 })
    expect(loan(3)).toMatchObject({ balance: '-0.50', ccy: 'unstated', customerId: 'FIRE:C1', product: 'corporate' })
    expect(loan(4)).toMatchObject({ class: 'substandard', customerId: 'FIRE:unnamed' })
    expect(reasons).toEqual({ owed: 1, amount: 1 })
    expect(Object.fromEntries(report.assumed)).toEqual({ 'loan.currency_code=unstated': 1, 'loan.type=corporate': 1, 'loan.customer_id=unnamed': 1 })
    expect(report.uncarried.get('loan.customers')).toBe(1)
  })
})

describe('a FIRE position', () => {
  test('is long on the issuer or customer where it is an asset, short and owed by the firm where it is a liability', async () => {
    const { events } = await of({
      security: [
        { balance: 1, mtm_dirty: 200, type: 'bond', issuer_id: 'I1', isin_code: 'US0378331005', hqla_class: 'iia', regulatory_book: 'trading_book' },
        { balance: 300, type: 'share', asset_liability: 'liability', currency_code: 'EUR' },
        { balance: 400, type: 'etf', isin_code: 'IE00B4L5Y983', quantity: 12.5 },
        { balance: 500, type: 'abs', attachment_point: 0.1 },
      ],
      account: [
        { balance: 600, type: 'time_deposit', customer_id: 'C1' },
        { balance: 700, type: 'nostro', asset_liability: 'asset', customer_id: 'B2' },
      ],
      derivative: [
        { mtm_dirty: 800, customer_id: 'B2' },
        { mtm_dirty: -900, customer_id: 'B2' },
      ],
    })
    const rows = events.map(({ data: d }) => [d['kind'], d['side'], d['value'], d['issuerId'] ?? d['productId'], d['book']].join(' '))
    expect(rows).toEqual([
      'bond long 2.00 FIRE:I1 trading',
      'equity short 3.00 FIRE banking',
      'fundUnits long 4.00 IE00B4L5Y983 banking',
      'tranche long 5.00 FIRE:security4 banking',
      'deposit short 6.00 FIRE banking',
      'interbank long 7.00 FIRE:B2 banking',
      'derivative long 8.00 FIRE:B2 banking',
      'derivative short 9.00 FIRE banking',
    ])
    expect(events[0]?.data).toMatchObject({ instrumentId: 'US0378331005', hqla: '2A', ccy: 'unstated' })
    expect(events[2]?.data).toMatchObject({ quantity: '12.5' })
  })

  test('of a repo is its cash leg, owed by or to the counterparty and not by the issuer of the security', async () => {
    const { events, report } = await of({
      security: [
        { sft_type: 'rev_repo', movement: 'cash', balance: -15_000, asset_liability: 'asset', issuer_id: 'STATE', customer_id: 'B2' },
        { sft_type: 'rev_repo', movement: 'asset', mtm_dirty: 14_000, asset_liability: 'liability', issuer_id: 'STATE' },
      ],
    })
    expect(events.map((e) => e.data)).toMatchObject([{ kind: 'repo', side: 'long', value: '150.00', issuerId: 'FIRE:B2' }])
    expect(report.details.get('import.detail.collateralLeg')).toBe(1)
    expect(report.uncarried.get('security.issuer_id')).toBe(1)
  })

  test('is not made of guarantees, equity accounts, marks that are missing, or kinds of records that have no counterpart', async () => {
    const { reasons, events, report } = await of({
      security: [{ balance: 1, type: 'financial_guarantee', asset_liability: 'liability', on_balance_sheet: false }, { type: 'bond' }],
      account: [{ balance: 1, asset_liability: 'equity' }],
      derivative: [{ notional_amount: 1 }],
      collateral: [{ value: 1 }],
      curve: [{}],
    })
    expect(events).toEqual([])
    expect(reasons).toMatchObject({ offBalance: 1, amount: 1, ledger: 1, mark: 1 })
    expect([...report.skipped.values()].filter((s) => s.why === 'import.why.kind').map((s) => s.facts['kind'])).toEqual(['collateral', 'curve'])
  })
})

test('FIRE capital is summed per firm and date, before deductions, and never across currencies', async () => {
  const capital = (capital_tier: string, balance: number, currency_code = 'CNY') => ({ capital_tier, balance, currency_code, asset_liability: 'equity' })
  const { events, reasons, report } = await of({
    security: [
      capital('ce_tier_1', 70_00),
      capital('ce_tier_1', 10_00),
      capital('add_tier_1', 15_00),
      capital('tier_2', 5_00),
      capital('tier_2', 5_00, 'USD'),
      capital('anc_tier_3', 1),
    ],
  })
  expect(Object.fromEntries(events.map(({ data: d }) => [d['metric'], `${String(d['value'])} ${String(d['unit'])}`]))).toEqual({
    cet1: '80.00 CNY',
    tier1: '95.00 CNY',
    'net-capital': '100.00 CNY',
  })
  expect(events[0]?.data).toMatchObject({ period: '2026-03-31', basis: 'solo' })
  expect([report.mapped.get('capital')?.records, reasons]).toEqual([4, { capitalCcy: 1, tier: 1 }])
})

test('FIRE parties keep the firm in their id, as the same number means another customer elsewhere', async () => {
  const { events, reasons, report } = await of({
    customer: [
      { id: 'C1', type: 'natural_person', country_code: 'GB' },
      { id: 'C1', reporting_entity_name: 'Bank B', type: 'insurer', lei_code: 'L', name: 'N' },
    ],
    issuer: [
      { type: 'central_govt', date: 'soon' },
      { id: '', type: 'corporate' },
    ],
  })
  expect(events.map((e) => e.data)).toEqual([
    { partyId: 'FIRE:C1', kind: 'person', name: 'C1', residence: 'GB' },
    { partyId: 'Bank B:C1', kind: 'insurer', name: 'N', ids: ['lei:L'] },
  ])
  expect(reasons).toEqual({ field: 2 })
  expect([...report.wrong]).toEqual([['lei', { count: 1, value: 'lei:L', at: events[1]?.id }]])
})
