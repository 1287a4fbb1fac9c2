import { type FormEvent, useState } from 'react'
import { keepPlace } from '../session.ts'
import { changeLanguage, type Say, useWords } from '../words/language.ts'
import { Logo } from './Logo.tsx'

export type SignInProblem =
  | { kind: 'empty' | 'malformed' | 'refused' | 'ended' | 'unreachable' }
  | { kind: 'failed'; why: string }
  /** `code`: why the way over the issuer led nowhere. */
  | { kind: 'issuer'; code: string }

type Props = {
  checking: boolean
  problem: SignInProblem | undefined
  /** Whether the desk has an issuer to sign in at. */
  offered: boolean
  onSubmit: (token: string) => void
}

export function SignIn({ checking, problem, offered, onSubmit }: Props) {
  const { say, language } = useWords()
  const [token, setToken] = useState('')
  const [empty, setEmpty] = useState(false)
  const shown: SignInProblem | undefined = empty ? { kind: 'empty' } : problem
  const atIssuer = offered && (shown?.kind === 'issuer' || shown?.kind === 'ended')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const text = token.trim()
    setEmpty(text === '')
    if (text !== '') onSubmit(text)
  }
  return (
    <main className="sign-in">
      <form onSubmit={submit} noValidate aria-busy={checking} data-testid="sign-in">
        <Logo large />
        <h1>{say('product')}</h1>
        <p className="tagline">{say('tagline')}</p>
        {offered && (
          <>
            <a className="primary" href="/v1/login" onClick={keepPlace} data-testid="issuer">
              {say('sign-in.issuer')}
            </a>
            <p className="problem" role="alert">
              {atIssuer && textOf(shown, say)}
            </p>
            <p className="or">{say('sign-in.or')}</p>
          </>
        )}
        <label htmlFor="token">{say('sign-in.token')}</label>
        <input
          id="token"
          type="password"
          autoComplete="current-password"
          spellCheck={false}
          autoFocus={!offered}
          value={token}
          aria-invalid={shown !== undefined && !atIssuer}
          aria-describedby="token-problem token-hint"
          onChange={(event) => setToken(event.target.value)}
        />
        <p id="token-problem" className="problem" role="alert">
          {shown !== undefined && !atIssuer && textOf(shown, say)}
        </p>
        <button type="submit" className={offered ? '' : 'primary'} disabled={checking}>
          {checking ? say('sign-in.checking') : say('sign-in.submit')}
        </button>
        <p id="token-hint" className="hint">
          {say('sign-in.hint')}
        </p>
      </form>
      <button type="button" className="quiet" onClick={() => changeLanguage(language === 'zh' ? 'en' : 'zh')}>
        {language === 'zh' ? 'English' : '中文'}
      </button>
    </main>
  )
}

function textOf(problem: SignInProblem, say: Say): string {
  if (problem.kind !== 'issuer') return say(`sign-in.${problem.kind}`, 'why' in problem ? { why: problem.why } : {})
  const { code } = problem
  return say(code === 'LT-2106' ? 'sign-in.unknown-person' : code === 'LT-2119' ? 'sign-in.unfinished' : 'sign-in.issuer-away', { code })
}
