/**
 * How this tab is signed in. A token may come in the address as `#token=…`, is taken from there and removed, and never leaves sessionStorage. Without one the
 * browser's own sign-in counts, by a cookie that no script sees.
 */
const STORED = 'lookthrough.token'
const PLACE = 'lookthrough.place'

/** Undefined: by the browser's cookie. */
export type Token = string | undefined

export function takeToken(): string | undefined {
  const given = new URLSearchParams(location.hash.replace(/^#\/?/, '')).get('token')
  if (given !== null && given !== '') {
    sessionStorage.setItem(STORED, given)
    history.replaceState(null, '', `${location.pathname}${location.search}`)
  }
  return sessionStorage.getItem(STORED) ?? undefined
}

export function keepToken(token: string): void {
  sessionStorage.setItem(STORED, token)
}

export function forgetToken(): void {
  sessionStorage.removeItem(STORED)
}

/** Why the desk sent the browser back from the issuer without a session, a code such as LT-2119; taken from the address `#sign-in=…`. */
export function takeRefusal(): string | undefined {
  const code = /^#sign-in=(LT-\d{4})$/.exec(location.hash)?.[1]
  if (code !== undefined) history.replaceState(null, '', `${location.pathname}${location.search}`)
  return code
}

/** Where one is, over the way to the issuer and back. */
export function keepPlace(): void {
  sessionStorage.setItem(PLACE, location.hash)
}

/** Undefined where one goes on from what the address says. */
export function takePlace(): string | undefined {
  const place = sessionStorage.getItem(PLACE) ?? ''
  sessionStorage.removeItem(PLACE)
  return place !== '' && location.hash === '' ? place : undefined
}
