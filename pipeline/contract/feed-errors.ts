/** What readers of the feed can meet: LT-214x at the desk and LT-218x at its clients, part of the one catalogue in errors.ts. */
export const FEED_ERRORS = {
  'LT-2140': { what: { zh: '帧无法理解：{why}', en: 'the frame cannot be understood: {why}' } },
  'LT-2141': {
    what: { zh: '实时连接过多：每个用户至多 {max} 个', en: 'too many feed connections: at most {max} of one user' },
    fix: {
      zh: '关闭不用的连接，{seconds} 秒后再试；WebSocket 上一个连接可有多个订阅',
      en: 'close some and try again in {seconds} s; one WebSocket carries several subscriptions',
    },
  },
  'LT-2142': {
    what: {
      zh: '此游标不能签收：它不在此订阅已发出的范围内，或此订阅不是 {"durable": 名称}',
      en: 'this cursor cannot be acknowledged: it was not sent on this subscription, or the subscription is not from {"durable": name}',
    },
  },
  'LT-2143': {
    what: { zh: '新令牌无效，或不属于此连接的用户', en: 'the new token is not valid, or not of the user of this connection' },
    fix: { zh: '换用户请另开连接', en: 'open another connection for another user' },
  },
  'LT-2144': { what: { zh: '持久订阅的位置暂时读写不了', en: 'the position of the durable subscription cannot be read or kept at present' } },
  'LT-2145': {
    what: {
      zh: '此游标无从继续：它已过保留期，或不是这里给出的',
      en: 'this cursor leads nowhere: what follows it is no longer kept, or it was not given here',
    },
    fix: { zh: '去掉 cursor 与 onGap=fail，从快照重新开始', en: 'leave out cursor and onGap=fail to start over with a snapshot' },
  },
  'LT-2180': {
    what: { zh: '监管席 {url} 不认这个令牌：无效或已到期', en: 'the desk at {url} does not take this token: it is not valid, or has ended' },
    fix: {
      zh: '取一个新令牌再连；长期运行的程序请给出取令牌的函数：openFeed({ token: () => … })；核对：lookthrough feed doctor --url {url} --token-file 文件',
      en: 'get a new one and come back; a program that runs for long gives a function: openFeed({ token: () => … }); to check: lookthrough feed doctor --url {url} --token-file FILE',
    },
  },
  'LT-2181': {
    what: { zh: '监管席 {url} 收回了访问权（{why}）', en: 'the desk at {url} took the access away ({why})' },
    fix: {
      zh: '请监管机构的管理员核对此账户，然后：lookthrough feed doctor --url {url}',
      en: 'ask the authority’s administrator about this account, then: lookthrough feed doctor --url {url}',
    },
  },
  'LT-2182': {
    what: {
      zh: '游标处已无从继续（{url}）：其后的告警可能有未收到的',
      en: 'the feed at {url} cannot go on from the cursor: alerts after it may have been missed',
    },
    fix: { zh: '从全量快照重新开始：lookthrough tail --from snapshot', en: 'begin again from a snapshot of all alerts: lookthrough tail --from snapshot' },
  },
  'LT-2183': {
    what: { zh: '订阅被拒绝：{why}', en: 'the subscription was refused: {why}' },
    fix: {
      zh: '对照 docs/feed.md 改正过滤条件与起点：lookthrough tail --help',
      en: 'correct filter and beginning after docs/feed.md: lookthrough tail --help',
    },
  },
  'LT-2184': {
    what: { zh: '监管席 {url} 结束了订阅，重连也无济于事：{code} {why}', en: 'the desk at {url} ended the feed for good: {code} {why}' },
    fix: { zh: '逐项检查：lookthrough feed doctor --url {url}', en: 'see what is wrong: lookthrough feed doctor --url {url}' },
  },
}
