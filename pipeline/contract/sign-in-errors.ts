/** What can go wrong when a browser signs in. */
export const SIGN_IN_ERRORS = {
  'LT-2105': {
    what: { zh: '凭浏览器登录的请求只接受来自 {origin} 页面的', en: 'a request by a browser’s sign-in is taken from pages of {origin} only' },
    fix: {
      zh: '从 {origin} 打开控制台；程序请改用 Authorization: Bearer <令牌>',
      en: 'open the dashboard at {origin}; a program sends Authorization: Bearer TOKEN instead',
    },
  },
  'LT-2106': {
    what: {
      zh: '身份已由签发方核实，但此账户在监管席没有角色，或已被收回',
      en: 'the issuer knows who signs in, but the account has no role at this desk, or it was taken back',
    },
    fix: {
      zh: '请管理员在签发方为此账户配置角色（机构账户另配机构），并确认它们写入 ID 令牌：docs/operations.md',
      en: 'have the administrator give the account a role at the issuer (a bank’s account an institution too), and see that the ID token carries them: docs/operations.md',
    },
  },
  'LT-2118': {
    what: { zh: '暂时无法登录：连不上签发方 {host}', en: 'nobody can sign in at present: the issuer at {host} cannot be reached' },
    fix: {
      zh: '{seconds} 秒后再试；管理员核对：curl {issuer}/.well-known/openid-configuration',
      en: 'try again in {seconds} s; as the operator: curl {issuer}/.well-known/openid-configuration',
    },
  },
  'LT-2119': {
    what: { zh: '登录没有完成：{why}', en: 'the sign-in was not finished: {why}' },
    fix: { zh: '重新登录：/v1/login', en: 'sign in again: /v1/login' },
  },
}
