import { type FormEvent, useState } from 'react'
import { changeLanguage, useWords } from '../words/language.ts'
import { Logo } from './Logo.tsx'

export type SignInProblem = { kind: 'empty' | 'malformed' | 'refused' | 'unreachable' } | { kind: 'failed'; why: string }

export function SignIn({ checking, problem, onSubmit }: { checking: boolean; problem: SignInProblem | undefined; onSubmit: (token: string) => void }) {
  const { say, language } = useWords()
  const [token, setToken] = useState('')
  const [empty, setEmpty] = useState(false)
  const shown: SignInProblem | undefined = empty ? { kind: 'empty' } : problem
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
        <label htmlFor="token">{say('sign-in.token')}</label>
        <input
          id="token"
          type="password"
          autoComplete="current-password"
          spellCheck={false}
          autoFocus
          value={token}
          aria-invalid={shown !== undefined}
          aria-describedby="token-problem token-hint"
          onChange={(event) => setToken(event.target.value)}
        />
        <p id="token-problem" className="problem" role="alert">
          {shown !== undefined && say(`sign-in.${shown.kind}`, 'why' in shown ? { why: shown.why } : {})}
        </p>
        <button type="submit" className="primary" disabled={checking}>
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
