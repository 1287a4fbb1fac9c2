import type { Words } from '../contract/rule.ts'

/** The report of `lookthrough import`: what became of every record of a file. */
export const IMPORTERS = {
  'import.report': {
    zh: '{file}：{read} 条记录 = 转换 {mapped} + 附属于他条 {details} + 跳过 {skipped}；写出 {written} 个事件',
    en: '{file}: {read} records = {mapped} mapped + {details} detail of another + {skipped} skipped; {written} events written',
  },
  'import.mapped': { zh: '  转换 {kind} {records} → {events}', en: '  mapped {kind} {records} → {events}' },
  'import.detail': { zh: '  附属 {count}：{of}', en: '  detail {count}: {of}' },
  'import.skipped': { zh: '  跳过 {count}：{why}（首条 {at}）', en: '  skipped {count}: {why} (first: {at})' },
  'import.assumed': { zh: '  原文未写，取作：{fields}', en: '  not stated, taken as: {fields}' },
  'import.wrong': {
    zh: '  标识不成立 {count}：{why}（原样写出；首个 {value}，{at}）',
    en: '  wrong identifiers {count}: {why} (written as they are; first: {value}, {at})',
  },
  'import.uncarried': { zh: '  无对应字段：{fields}', en: '  no counterpart for: {fields}' },

  'import.detail.component': {
    zh: '间接关系的一环，本身没有股权、表决权或控制类权益；由所属的主关系承载',
    en: 'part of an indirect relationship, without equity, votes or control of its own; the primary record carries it',
  },
  'import.detail.collateralLeg': {
    zh: '回购中换手的证券一侧；由资金一侧承载',
    en: 'the leg of a repo in which the security changes hands; the cash leg carries it',
  },
  'import.detail.transaction': { zh: '入账分录中的单笔交易；由分录承载', en: 'a transaction inside an entry; the entry carries it' },

  'import.why.column': { zh: '缺列', en: 'a column is missing' },
  'import.why.amount': { zh: '金额无效：{value}', en: 'no amount: {value}' },
  'import.why.time': { zh: '时间无效：{value}', en: 'no time: {value}' },
  'import.why.json': { zh: '不是 JSON 对象', en: 'no JSON object' },
  'import.why.kind': { zh: '没有对应的记录种类 {kind}', en: 'records of kind {kind} have no counterpart' },
  'import.why.field': { zh: '字段 {field} 缺失或无效', en: 'field {field} is missing or wrong' },
  'import.why.schema': { zh: '引擎不会接受：{pointer}', en: 'the engine would not take it: {pointer}' },

  'import.why.subject': { zh: '未指明被持有方', en: 'it does not say who is owned' },
  'import.why.noOwner': { zh: '没有持有方（声明无受益所有人，或未指明）', en: 'there is no owner: it states that there is none, or names none' },
  'import.why.share': { zh: '份额不在 0–100 之间，或上下限颠倒', en: 'a share is not between 0 and 100, or its bounds cross' },
  'import.why.interest': { zh: '没有股权、表决权或控制类权益：{interests}', en: 'none of its interests is equity, votes or control: {interests}' },

  'import.why.owed': { zh: '机构自身的借款，不是其发放的贷款', en: 'a loan the firm owes, not one it has given' },
  'import.why.offBalance': { zh: '表外项目（担保等）没有对应', en: 'off the balance sheet (guarantees and the like): no counterpart' },
  'import.why.ledger': { zh: '权益或损益科目没有对应', en: 'equity or profit and loss without a capital tier: no counterpart' },
  'import.why.mark': { zh: '没有市值的衍生品一侧；名义本金不是风险金额', en: 'a leg of a derivative without market value; a notional is no amount at risk' },
  'import.why.tier': { zh: '资本层级 {tier} 没有对应', en: 'capital of tier {tier} has no counterpart' },
  'import.why.capitalCcy': { zh: '同日资本另有币种 {first}，{ccy} 不能相加', en: 'capital of the same date is in {first}; {ccy} cannot be added' },

  'import.why.notBooked': { zh: '未入账（{status}）', en: 'not booked ({status})' },
  'import.why.party': { zh: '没有指明{side}', en: 'no {side} is named' },
  'import.why.split': { zh: '明细金额缺失，或与分录金额不符', en: 'its transactions have no amounts, or do not add up to the entry' },
} satisfies Record<string, Words>
