/** What readers of the feed can meet: LT-214x, part of the one catalogue in errors.ts. */
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
}
