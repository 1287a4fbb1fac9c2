/** Errors of what the desk keeps and brings: durable subscriptions, webhooks, its file. Part of the list in `errors.ts`. */
import type { Words } from './rule.ts'

export const KEPT_ERRORS = {
  'LT-2160': {
    what: { zh: '持久订阅过多：一个流中至多 {max} 个名称', en: 'too many durable subscriptions: at most {max} names in one stream' },
    fix: { zh: '沿用已有的名称；35 天不用的会自动消失', en: 'use a name there is; those not used for 35 days go by themselves' },
  },
  'LT-2161': {
    what: { zh: '不向 {url} 发送：{why}', en: 'nothing is sent to {url}: {why}' },
    fix: {
      zh: '请用公网 https 地址；内网接收方由管理员在配置 desk.webhooks.allow 中放行',
      en: 'give a public https address; for a receiver within, the operator allows its network in desk.webhooks.allow of the configuration',
    },
  },
  'LT-2162': {
    what: { zh: 'Webhook 过多：一个流至多 {max} 个', en: 'too many webhooks: at most {max} of one stream' },
    fix: { zh: '先删除不用的：DELETE /v1/webhooks/…', en: 'remove one first: DELETE /v1/webhooks/…' },
  },
  'LT-2163': {
    what: { zh: '监管席的存储暂时写不进去', en: 'what the desk keeps cannot be written at present' },
    fix: { zh: '{seconds} 秒后再试；有了空间，监管席自行继续', en: 'try again in {seconds} s; the desk goes on by itself once there is room' },
  },
  'LT-2412': {
    what: {
      zh: '监管席文件 {file} 不可用（{why}），已移到 {kept}；由告警主题与操作日志重建，此前的游标从快照开始',
      en: 'desk file {file} could not be used ({why}) and was moved to {kept}; it is built again from the alerts topic and the action log, and cursors from before get a snapshot',
    },
    fix: {
      zh: '查明磁盘原因后可删除：rm {kept}*；Webhook 若不在，请重新登记',
      en: 'once the cause on the disk is known, it may go: rm {kept}*; register webhooks again where they are missing',
    },
  },
} satisfies Record<string, { what: Words; fix?: Words }>
