import { useEffect, useRef } from 'react'
import { SEVERITY_ORDER } from '../words/alert-words.ts'
import { type MessageName, useWords } from '../words/language.ts'
import { SeverityBadge } from './Severity.tsx'

const KEYS: readonly [keys: readonly string[], does: MessageName][] = [
  [['j', '↓'], 'help.next'],
  [['k', '↑'], 'help.previous'],
  [['Enter'], 'help.open'],
  [['Esc'], 'help.close'],
  [['n'], 'help.release'],
  [['p'], 'help.pause'],
  [['f'], 'help.widen'],
  [['?'], 'help.help'],
]

export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { say } = useWords()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (open) dialog.current?.showModal()
    else dialog.current?.close()
  }, [open])
  return (
    <dialog ref={dialog} className="help" aria-label={say('help')} onClose={onClose}>
      {open && (
        <>
          <h2>{say('help.title')}</h2>
          <dl>
            {KEYS.map(([keys, does]) => (
              <div key={does}>
                <dt>
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </dt>
                <dd>{say(does)}</dd>
              </div>
            ))}
          </dl>
          <h2>{say('help.severity')}</h2>
          <dl>
            {SEVERITY_ORDER.map((severity) => (
              <div key={severity}>
                <dt>
                  <SeverityBadge severity={severity} />
                </dt>
                <dd>{say(`help.${severity}`)}</dd>
              </div>
            ))}
          </dl>
          <button type="button" className="primary" onClick={onClose}>
            {say('close')}
          </button>
        </>
      )}
    </dialog>
  )
}
