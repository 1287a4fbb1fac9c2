import { useEffect, useState } from 'react'
import { useWords } from '../words/language.ts'

export function CopyButton({ text, label, small = false }: { text: () => string; label: string; small?: boolean }) {
  const { say } = useWords()
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = window.setTimeout(() => setCopied(false), 1500)
    return () => window.clearTimeout(timer)
  }, [copied])
  const copy = () => {
    copyText(text()).then(setCopied, () => setCopied(false))
  }
  if (small)
    return (
      <button type="button" className="icon copy" onClick={copy} aria-label={copied ? say('copied') : label} title={copied ? say('copied') : label}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d={copied ? 'm3 8.5 3.5 3.5L13 5' : 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3'} />
        </svg>
      </button>
    )
  return (
    <button type="button" className="quiet" onClick={copy}>
      {copied ? say('copied') : label}
    </button>
  )
}

/** The clipboard's own interface exists on secure origins only; a bureau's server on plain http needs the old way. */
async function copyText(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text)
    return true
  }
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'unseen'
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  return done
}
