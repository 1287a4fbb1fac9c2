import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './App.tsx'
import { takeToken } from './session.ts'
import { startLanguage, useAllWords, WordsContext } from './words/language.ts'
import './styles/tokens.css'
import './styles/base.css'
import './styles/frame.css'
import './styles/value.css'
import './styles/list.css'
import './styles/detail.css'
import './styles/graph.css'

const given = takeToken()

function Page() {
  return (
    <WordsContext value={useAllWords()}>
      <App given={given} />
    </WordsContext>
  )
}

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
startLanguage()
createRoot(root).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)
