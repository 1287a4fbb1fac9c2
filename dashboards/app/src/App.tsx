import { useCallback, useEffect, useState } from 'react'
import { ApiError, fetchPerson, type Person } from './api.ts'
import { Desk } from './Desk.tsx'
import { SignIn, type SignInProblem } from './frame/SignIn.tsx'
import { forgetToken, keepToken, takeToken } from './session.ts'

type Session = { token: string; person: Person }

/** Signed out, or the desk of whoever the token belongs to. */
export function App({ given }: { given: string | undefined }) {
  const [session, setSession] = useState<Session>()
  const [checking, setChecking] = useState(given !== undefined)
  const [problem, setProblem] = useState<SignInProblem>()

  const enter = useCallback(async (token: string) => {
    setChecking(true)
    setProblem(undefined)
    try {
      const person = await fetchPerson(token)
      keepToken(token)
      setSession({ token, person })
    } catch (error) {
      setProblem(problemOf(error))
      if (error instanceof ApiError && error.status === 401) forgetToken()
    }
    setChecking(false)
  }, [])

  const leave = useCallback((why?: SignInProblem) => {
    forgetToken()
    setSession(undefined)
    setProblem(why)
  }, [])

  useEffect(() => {
    if (given !== undefined) void enter(given)
  }, [given, enter])

  // A link with a token, opened in a tab that already shows the page, changes the fragment only.
  useEffect(() => {
    const onHash = () => {
      if (!/^#\/?token=/.test(location.hash)) return
      const token = takeToken()
      if (token !== undefined) void enter(token)
    }
    window.addEventListener('hashchange', onHash)
    return () => window.removeEventListener('hashchange', onHash)
  }, [enter])

  if (session === undefined) return <SignIn checking={checking} problem={problem} onSubmit={(token) => void enter(token)} />
  return <Desk key={session.token} token={session.token} person={session.person} onLeave={leave} />
}

function problemOf(error: unknown): SignInProblem {
  if (error instanceof ApiError && error.status === 0) return { kind: /header|latin|ISO-8859|ByteString/i.test(error.message) ? 'malformed' : 'unreachable' }
  if (error instanceof ApiError && error.status === 401) return { kind: 'refused' }
  return { kind: 'failed', why: error instanceof Error ? error.message : String(error) }
}
