import type { Words } from '../contract/rule.ts'

/** What the desk says beside its errors (those are LT-21xx in contract/errors.ts). */
export const DESK = {
  'desk.bye.slow': { zh: '读得太慢，请凭游标重连', en: 'reading too slowly; come back with the cursor' },
  'desk.bye.draining': { zh: '监管席正在停止，请稍后凭游标重连', en: 'the desk is stopping; come back with the cursor' },
} satisfies Record<string, Words>
