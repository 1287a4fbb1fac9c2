import { useCallback, useEffect, useState } from 'react'
import { ApiError, fetchPerson, fetchStanding, type Person, signOut } from './api.ts'
import { Desk } from './Desk.tsx'
import { SignIn, type SignInProblem } from './frame/SignIn.tsx'
import { resume } from './route.ts'
import { forgetToken, keepToken, takePlace, takeRefusal, takeToken, type Token } from './session.ts'

type Session = { token: Token; person: Person }

/** Signed out, or the desk of whoever the token, or the browser's own sign-in, belongs to. */
export function App({ given }: { given: string | undefined }) {
  const [session, setSession] = useState<Session>()
  const [checking, setChecking] = useState(given !== undefined)
  const [problem, setProblem] = useState<SignInProblem | undefined>(refusal)
  const offered = useStanding(given, (person) => setSession({ token: undefined, person }))

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

  const leaveBrowser = useCallback(
    async (why?: SignInProblem) => {
      const address = why === undefined ? await signOut().catch(() => undefined) : undefined
      if (address === undefined) leave(why)
      else location.assign(address)
    },
    [leave],
  )

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

  if (session === undefined) return <SignIn checking={checking} problem={problem} offered={offered} onSubmit={(token) => void enter(token)} />
  const onLeave = session.token === undefined ? leaveBrowser : leave
  return <Desk key={session.token ?? ''} token={session.token} person={session.person} onLeave={onLeave} />
}

/** Whether the desk has an issuer to sign in at; whom this browser has signed in there enters, unless a token came. */
function useStanding(given: string | undefined, onPerson: (person: Person) => void): boolean {
  const [offered, setOffered] = useState(false)
  useEffect(() => {
    let isOver = false
    fetchStanding().then(
      ({ signIn, person }) => {
        if (isOver) return
        setOffered(signIn)
        if (person === undefined || given !== undefined) return
        const place = takePlace()
        if (place !== undefined) resume(place)
        onPerson(person)
      },
      // The form says so when it is used.
      () => undefined,
    )
    return () => {
      isOver = true
    }
    // Asked once, when the page opens.
  }, [])
  return offered
}

function refusal(): SignInProblem | undefined {
  const code = takeRefusal()
  return code === undefined ? undefined : { kind: 'issuer', code }
}

function problemOf(error: unknown): SignInProblem {
  if (error instanceof ApiError && error.status === 0) return { kind: /header|latin|ISO-8859|ByteString/i.test(error.message) ? 'malformed' : 'unreachable' }
  if (error instanceof ApiError && error.status === 401) return { kind: 'refused' }
  return { kind: 'failed', why: error instanceof Error ? error.message : String(error) }
}
