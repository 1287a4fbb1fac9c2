import type { Words } from '../contract/rule.ts'

/** What `lookthrough feed doctor` finds, and how to mend it. */
export const DOCTOR = {
  'doctor.reach': { zh: '连得上 {url}（{ms} 毫秒）', en: '{url} answers ({ms} ms)' },
  'doctor.reach.no': { zh: '连不上 {url}：{why}', en: '{url} does not answer: {why}' },
  'doctor.reach.fix': {
    zh: '核对地址、代理与防火墙：curl -v {url}/livez；本机演示：npm start',
    en: 'check address, proxy and firewall: curl -v {url}/livez; the demonstration on this machine: npm start',
  },
  'doctor.token': { zh: '令牌有效：{name}，角色 {role}，可见机构 {institution}', en: 'the token is valid: {name}, role {role}, sees {institution}' },
  'doctor.token.no': { zh: '令牌被拒（{why}）', en: 'the token is refused ({why})' },
  'doctor.token.fix': {
    zh: '取一个新令牌存入文件，用 --token-file 指定；令牌有时限的，核对其 exp 与本机时钟',
    en: 'put a new token into a file and name it with --token-file; of one that ends, compare exp with the clock here',
  },
  'doctor.handshake': { zh: 'WebSocket 握手成功，子协议 {protocol}', en: 'the WebSocket opens, protocol {protocol}' },
  'doctor.handshake.no': { zh: 'WebSocket 打不开：{why}', en: 'the WebSocket does not open: {why}' },
  'doctor.handshake.fix': {
    zh: '请网络管理员放行对 {url}/v1/feed 的 Upgrade；放行不了的，用长轮询：python3 pipeline/client/recipes/feed.py {url}',
    en: 'have the proxy let Upgrade pass to {url}/v1/feed; where it cannot, use long poll: python3 pipeline/client/recipes/feed.py {url}',
  },
  'doctor.clock': { zh: '时钟相差 {ms} 毫秒', en: 'the clocks are {ms} ms apart' },
  'doctor.clock.no': { zh: '时钟相差 {ms} 毫秒，至多 5000', en: 'the clocks are {ms} ms apart; 5000 at most' },
  'doctor.clock.fix': { zh: '校准本机时钟：chronyc makestep', en: 'set the clock of this machine: chronyc makestep' },
  'doctor.trip': { zh: '往返 {ms} 毫秒（中位数）', en: 'there and back in {ms} ms (median)' },
  'doctor.trip.no': { zh: 'ping 没有回音', en: 'a ping does not come back' },
  'doctor.trip.fix': {
    zh: '中间的代理须转发 WebSocket 控制帧，空闲时限须长于 30 秒',
    en: 'a proxy in between must pass WebSocket control frames and leave idle connections alone for more than 30 s',
  },
  'doctor.snapshot': { zh: '快照 {alerts} 个告警，{ms} 毫秒后转为实时', en: 'a snapshot of {alerts} alerts, live after {ms} ms' },
  'doctor.snapshot.no': { zh: '订阅没有转为实时：{why}', en: 'the subscription does not get to live: {why}' },
  'doctor.snapshot.fix': { zh: '查看监管席是否就绪：curl {url}/readyz', en: 'see whether the desk is ready: curl {url}/readyz' },
  'doctor.resume': { zh: '凭游标从原处继续', en: 'it goes on from a cursor' },
  'doctor.resume.no': { zh: '凭游标不能继续 {why}', en: 'it does not go on from a cursor {why}' },
  'doctor.resume.fix': {
    zh: '确认各次连接到的是同一个监管席（负载均衡须粘滞，或共用同一数据目录）',
    en: 'make sure that each connection reaches the same desk (a load balancer must be sticky, or the data folder one)',
  },
  'doctor.heartbeat': { zh: '心跳按时（约定 {seconds} 秒）', en: 'the heartbeat comes (every {seconds} s)' },
  'doctor.heartbeat.no': { zh: '{seconds} 秒一次的心跳没有来 {why}', en: 'the heartbeat of every {seconds} s does not come {why}' },
  'doctor.heartbeat.fix': { zh: '中间的代理不得缓冲 WebSocket 帧', en: 'a proxy in between must not hold WebSocket frames back' },
  'doctor.test': { zh: '测试事件 {ms} 毫秒后到达', en: 'a test event comes after {ms} ms' },
  'doctor.test.no': { zh: '测试事件没有到（{why}）', en: 'the test event does not come ({why})' },
  'doctor.test.fix': {
    zh: '再发一条，同时看着：lookthrough tail；lookthrough feed test',
    en: 'send another and watch: lookthrough tail; lookthrough feed test',
  },
} satisfies Record<string, Words>
