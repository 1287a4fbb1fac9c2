import type { Words } from '../contract/rule.ts'

/** What `lookthrough check` prints. */
export const CHECK = {
  'check.about': { zh: '检查报送的数据，不判定、不拒收', en: 'look through data for mistakes; nothing is judged or refused' },
  'check.ids': {
    zh: '检查事件文件中的 lei:、uscc:、isin: 标识和币种代码',
    en: 'check the lei:, uscc: and isin: identifiers and the currencies in files of events',
  },
  'check.wrong': { zh: '{institution}  {type}  {event}  {pointer}  {value}：{why}', en: '{institution}  {type}  {event}  {pointer}  {value}: {why}' },
  'check.total': {
    zh: '{events} 个事件，{wrong} 处标识不成立；另有 {dead} 条不是事件，未检查（查看：lookthrough replay --dead）',
    en: '{events} events, {wrong} wrong identifiers; {dead} messages are no events and were not checked (see them: lookthrough replay --dead)',
  },
  'check.why.lei': { zh: '不是 LEI（ISO 17442：20 位，末两位校验）', en: 'no LEI (ISO 17442: 20 characters, the last two check the rest)' },
  'check.why.uscc': {
    zh: '不是统一社会信用代码（GB 32100：18 位，末位校验）',
    en: 'no unified social credit code (GB 32100: 18 characters, the last checks the rest)',
  },
  'check.why.isin': { zh: '不是 ISIN（ISO 6166：12 位，末位校验）', en: 'no ISIN (ISO 6166: 12 characters, the last checks the rest)' },
  'check.why.currency': { zh: '不是 ISO 4217 币种代码', en: 'no ISO 4217 currency' },
} satisfies Record<string, Words>
