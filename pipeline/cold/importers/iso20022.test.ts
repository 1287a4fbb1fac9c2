import { describe, expect, test } from 'vitest'
import { importFile } from './importers.ts'
import { fileOf, imported } from './testing/imported.ts'

const of = (xml: string) => imported('iso20022', fileOf('message.xml', xml))
const fails = (xml: string) => importFile('iso20022', fileOf('message.xml', xml), () => undefined).catch((error: Error) => error.message)

const agent = (name: string, bic: string) => `<${name}><FinInstnId><BICFI>${bic}</BICFI></FinInstnId></${name}>`
const iban = (name: string, number: string) => `<${name}><Id><IBAN>${number}</IBAN></Id></${name}>`

const transfer = (ids: string, amount: string, more = '') =>
  `<CdtTrfTxInf><PmtId>${ids}</PmtId><IntrBkSttlmAmt Ccy="EUR">${amount}</IntrBkSttlmAmt><ChrgBr>SHAR</ChrgBr>
   <Dbtr><Nm>Smith &amp; &#83;ons</Nm></Dbtr>${iban('DbtrAcct', 'DE89370400440532013000')}${agent('DbtrAgt', 'COBADEFFXXX')}
   ${agent('CdtrAgt', 'BNPAFRPPXXX')}<Cdtr><Nm>Dupont</Nm><Id><OrgId><LEI>969500T3UBS5NHUKQE61</LEI></OrgId></Id></Cdtr>
   <CdtrAcct><Id><Othr><Id>77</Id></Othr></Id></CdtrAcct><Purp><Cd>SUPP</Cd></Purp>${more}</CdtTrfTxInf>`
const pacs = (transfers: string, version = '08') =>
  `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.008.001.${version}"><FIToFICstmrCdtTrf>
   <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-03-02T09:00:00+08:00</CreDtTm>${agent('InstgAgt', 'COBADEFFXXX')}</GrpHdr>${transfers}</FIToFICstmrCdtTrf></Document>`

describe('pacs.008', () => {
  test('each transfer is a payment at the time of its message, told by what both sides call it', async () => {
    const ids = '<EndToEndId>E1</EndToEndId><TxId>T1</TxId>'
    const uetr = '<UETR>8a562c67-ca16-48ba-b074-65581be6f011</UETR>'
    const { events, report } = await of(pacs(transfer(ids + uetr, '1000') + transfer(ids, '0.5') + transfer('<EndToEndId>NOTPROVIDED</EndToEndId>', '1')))
    expect(events[0]).toMatchObject({
      id: 'M1#1',
      source: '/iso20022/COBADEFFXXX',
      type: 'pay.payment',
      time: '2026-03-02T01:00:00.000Z',
      subject: 'DE89370400440532013000',
      institution: 'COBADEFFXXX',
    })
    expect(events[0]?.data).toEqual({
      paymentId: '8a562c67-ca16-48ba-b074-65581be6f011',
      debtorId: 'DE89370400440532013000',
      debtorAccount: 'DE89370400440532013000',
      creditorId: '969500T3UBS5NHUKQE61',
      creditorAccount: '77',
      amount: '1000.00',
      ccy: 'EUR',
      channel: 'wire',
      crossBorder: true,
      countryFrom: 'DE',
      countryTo: 'FR',
      purpose: 'SUPP',
    })
    expect(events.map((e) => e.data['paymentId']).slice(1)).toEqual(['T1', 'M1#3'])
    expect([...report.uncarried]).toEqual([['ChrgBr', 3]])
  })

  test('is read in any version, under any prefix and in any envelope', async () => {
    const plain = pacs(transfer('<TxId>T1</TxId>', '5'))
    const message = plain.replace(/<\?xml.*?\?>/, '')
    const prefixed = `<b:Envelope xmlns:b="urn:b"><AppHdr/>${message.replace('xmlns=', 'xmlns:p=').replace(/<(\/?)(\w)/g, '<$1p:$2')}</b:Envelope>`
    const { events } = await of(plain)
    for (const xml of [pacs(transfer('<TxId>T1</TxId>', '5'), '13'), prefixed]) expect((await of(xml)).events).toEqual(events)
  })

  test('what is no amount, has more than 2 decimals, no currency, or no party is skipped for that', async () => {
    const { reasons, events } = await of(
      pacs(
        transfer('', '1.234') +
          transfer('', '-1') +
          transfer('', '1').replace(' Ccy="EUR"', '') +
          transfer('', '1').replace(/<Dbtr>.*?<\/Dbtr>|<DbtrAcct>.*?<\/DbtrAcct>/g, ''),
      ),
    )
    expect([events, reasons]).toEqual([[], { amount: 2, field: 1, party: 1 }])
  })
})

const DBTR = `<RltdPties><Dbtr><Pty><Nm>Payer</Nm></Pty></Dbtr>${iban('DbtrAcct', 'FR7630006000011234567890189')}</RltdPties>`
const CDTR = `<RltdPties><Cdtr><Nm>Payee</Nm></Cdtr></RltdPties>`
const tx = (parties: string, more = '') => `<TxDtls><Refs><EndToEndId>E1</EndToEndId></Refs>${more}${parties}</TxDtls>`
const entry = (amount: string, indicator: string, details = '', more = '<Sts><Cd>BOOK</Cd></Sts>') =>
  `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${indicator}</CdtDbtInd>${more}<BookgDt><Dt>2026-03-02</Dt></BookgDt>
   <AcctSvcrRef>A1</AcctSvcrRef><NtryDtls>${details}</NtryDtls></Ntry>`
const camt = (entries: string) =>
  `<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><Stmt><Id>S1</Id>
   <Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ownr><Nm>Owner</Nm></Ownr>${agent('Svcr', 'COBADEFFXXX')}</Acct><Bal/>${entries}</Stmt></BkToCstmrStmt></Document>`
const sides = ({ data: d }: { data: Record<string, unknown> }) => `${String(d['debtorId'])} → ${String(d['creditorId'])} ${String(d['amount'])}`

describe('camt.053', () => {
  test('a booked credit comes from the debtor, a debit goes to the creditor, a reversal goes back where the payment came from', async () => {
    const reversed = '<RvslInd>true</RvslInd><Sts>BOOK</Sts>'
    const { events, report } = await of(
      camt(
        entry('10.00', 'CRDT', tx(DBTR)) + entry('20', 'DBIT', tx(CDTR)) + entry('20', 'CRDT', tx(CDTR), reversed) + entry('10', 'DBIT', tx(DBTR), reversed),
      ),
    )
    const own = 'DE89370400440532013000'
    expect(events.map(sides)).toEqual([
      `FR7630006000011234567890189 → ${own} 10.00`,
      `${own} → Payee 20.00`,
      `Payee → ${own} 20.00`,
      `${own} → FR7630006000011234567890189 10.00`,
    ])
    expect(events[0]).toMatchObject({ id: 'S1#1', institution: 'COBADEFFXXX', time: '2026-03-02T00:00:00.000Z', data: { paymentId: 'E1', crossBorder: true } })
    expect(events[2]?.data['purpose']).toBe('reversal')
    expect([...report.uncarried]).toEqual([['Stmt.Bal', 1]])
    expect([report.read, report.details.get('import.detail.transaction')]).toEqual([8, 4])
  })

  test('a batch is one payment per transaction, where their amounts add up to the entry', async () => {
    const part = (amount: string, more = '') => tx(DBTR, `<Amt Ccy="EUR">${amount}</Amt>${more}`)
    const { events, reasons } = await of(
      camt(entry('30', 'CRDT', part('10') + part('20')) + entry('30', 'CRDT', part('10') + part('21')) + entry('30', 'CRDT', tx(DBTR) + tx(DBTR))),
    )
    expect(events.map((e) => [e.id, e.data['amount']])).toEqual([
      ['S1#1.1', '10.00'],
      ['S1#1.2', '20.00'],
    ])
    expect(reasons).toEqual({ split: 6 })
  })

  test('what is not booked or names nobody is skipped; cash over the counter is the owner’s own', async () => {
    const counter = '<Sts>BOOK</Sts><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>CNTR</Cd><SubFmlyCd>CDPT</SubFmlyCd></Fmly></Domn></BkTxCd>'
    const { events, reasons } = await of(
      camt(entry('1', 'CRDT', tx(DBTR), '<Sts>PDNG</Sts>') + entry('2', 'DBIT') + entry('3', 'CRDT', '', counter) + entry('4', 'DBIT', '', counter)),
    )
    expect(reasons).toEqual({ notBooked: 2, party: 1 })
    expect(events.map(({ data: d }) => [d['cash'], d['channel'], d['amount'], d['debtorId'], d['paymentId']])).toEqual([
      ['in', 'cash', '3.00', 'DE89370400440532013000', 'A1'],
      ['out', 'cash', '4.00', 'DE89370400440532013000', 'A1'],
    ])
  })
})

describe('a document', () => {
  test('with a DOCTYPE is refused, so that neither a file nor an expanding entity is ever read', async () => {
    const bomb = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    for (const doctype of [bomb, '<!doctype d SYSTEM "file:///etc/passwd">', '<!-- x --><!DOCTYPE d>'])
      expect(await fails(pacs(transfer('', '1')).replace('?>', `?>${doctype}`))).toContain('it has a DOCTYPE')
    const { events } = await of(pacs(transfer('<TxId>&a;</TxId>', '1')).replace('?>', '?><!-- <!DOCTYPE in a comment> -->'))
    expect(events[0]?.data['paymentId']).toBe('&a;')
  })

  test('that is cut off, nested too deeply, of another message or no XML is refused', async () => {
    expect(await fails(pacs(transfer('', '1')).slice(0, -20))).toContain('is not ISO 20022 XML: line')
    expect(await fails(`${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`)).toContain('nested')
    expect(await fails('<Document><CstmrCdtTrfInitn/></Document>')).toContain('no pacs.008 or camt.053 message')
    expect(await fails('{}')).toContain('is not ISO 20022 XML')
  })
})
