import type { Words } from '../contract/rule.ts'

/** What the desk says beside its errors (those are LT-21xx in contract/errors.ts). */
export const DESK = {
  'desk.bye.slow': { zh: '读得太慢，请凭游标重连', en: 'reading too slowly; come back with the cursor' },
  'desk.bye.expired': { zh: '令牌已到期，请以新令牌重连', en: 'the token has ended; come back with a new one' },
  'desk.bye.revoked': { zh: '令牌已被收回', en: 'the token was taken back' },
  'desk.bye.draining': { zh: '监管席正在停止，请稍后凭游标重连', en: 'the desk is stopping; come back with the cursor' },
  'desk.says.told': {
    zh: '{institution}：{rule} 针对 {subject}（{values}）；所依据的其他机构记录不予显示',
    en: '{institution}: {rule} about {subject} ({values}); what rests on others’ records is not told',
  },
  'desk.reason.too-deep': { zh: '嵌套过深', en: 'it is nested too deep' },
  'desk.reason.not-json': { zh: '不是 UTF-8 的 JSON', en: 'it is no JSON in UTF-8' },
  'desk.reason.not-cloudevent': { zh: '不是 CloudEvents 1.0 事件', en: 'it is no CloudEvents 1.0 event' },
  'desk.reason.bad-time': { zh: '时间无法理解', en: 'a time cannot be understood' },
  'desk.reason.future-time': { zh: '时间在将来', en: 'a time lies in the future' },
  'desk.reason.bad-money': { zh: '金额或数量无法理解', en: 'an amount cannot be understood' },
  'desk.reason.schema': { zh: '与此类型的结构不符', en: 'it does not have the form of its type' },
  'desk.expected.bytes': { zh: '至多 {max} 字节', en: 'at most {max} bytes' },
  'desk.expected.levels': { zh: '至多 {max} 层', en: 'at most {max} levels' },
  'desk.expected.object': { zh: '一个 JSON 对象', en: 'a JSON object' },
  'desk.expected.cloudevent': {
    zh: 'specversion 为 "1.0"，id、source、type 为非空文本',
    en: 'specversion "1.0", and id, source and type as text that is not empty',
  },
  'desk.expected.now': { zh: '不晚于当前时间后 10 分钟', en: 'no later than 10 minutes from now' },
  'desk.expected.time': { zh: 'RFC 3339 时间，如 "2026-03-02T01:00:00Z"', en: 'a time by RFC 3339, such as "2026-03-02T01:00:00Z"' },
  'desk.expected.day': { zh: '日期，如 "2026-03-02"', en: 'a date, such as "2026-03-02"' },
  'desk.expected.oneOf': { zh: '其中之一：{values}', en: 'one of: {values}' },
  'desk.expected.list': { zh: '一个数组', en: 'an array' },
  'desk.expected.money': {
    zh: '金额为十进制文本，至多 15 位整数、2 位小数，如 "132.00"',
    en: 'an amount as decimal text, at most 15 digits and 2 decimals, such as "132.00"',
  },
  'desk.expected.amount': {
    zh: '非负金额，十进制文本，至多 15 位整数、2 位小数，如 "132.00"',
    en: 'an amount that is not negative, as decimal text, at most 15 digits and 2 decimals, such as "132.00"',
  },
  'desk.expected.number': { zh: '十进制文本，至多 27 位整数、10 位小数，如 "7.1203"', en: 'decimal text, at most 27 digits and 10 decimals, such as "7.1203"' },
  'desk.expected.quantity': {
    zh: '非负的十进制文本，至多 27 位整数、10 位小数，如 "7.1203"',
    en: 'decimal text that is not negative, at most 27 digits and 10 decimals, such as "7.1203"',
  },
  'desk.expected.share': { zh: '比率为十进制文本，如 "0.1320"', en: 'a ratio as decimal text, such as "0.1320"' },
  'desk.expected.integer': { zh: '32 位整数', en: 'a whole number of 32 bits' },
  'desk.expected.boolean': { zh: 'true 或 false', en: 'true or false' },
  'desk.expected.digits': { zh: '1 至 18 位数字的文本，如 "17"', en: 'text of 1 to 18 digits, such as "17"' },
  'desk.expected.text': { zh: '{min} 至 {max} 个字符的文本', en: 'text of {min} to {max} characters' },
  'desk.expected.anyText': { zh: '文本', en: 'text' },
} satisfies Record<string, Words>
