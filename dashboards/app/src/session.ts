/** The token of this tab. It may come in the address as `#token=…`, is taken from there and removed, and never leaves sessionStorage. */
const STORED = 'lookthrough.token'

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
