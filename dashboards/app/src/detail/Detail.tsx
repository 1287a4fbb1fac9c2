import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import { type AlertRecord, ApiError, fetchAlert } from '../api.ts'
import { SeverityBadge } from '../frame/Severity.tsx'
import type { Rules } from '../list/select.ts'
import type { Token } from '../session.ts'
import { useWords } from '../words/language.ts'
import { Conclusion } from './Conclusion.tsx'
import { CopyButton } from './CopyButton.tsx'
import { Evidence } from './Evidence.tsx'
import { Law } from './Law.tsx'
import { PathLayer } from './PathLayer.tsx'
import { Timeline } from './Timeline.tsx'
import { Values } from './Values.tsx'

type Props = {
  id: string
  token: Token
  /** The latest revision the feed has brought, if this tab knows the alert. */
  live: PublishedAlert | undefined
  rules: Rules
  place: { n: number; total: number }
  wide: boolean
  onMove: (by: number) => void
  onWide: (wide: boolean) => void
  onClose: () => void
}

/** One alert in five layers: what is concluded, on which rule, from which values, along which path, out of which events. */
export function Detail({ id, token, live, rules, place, wide, onMove, onWide, onClose }: Props) {
  const { say, language } = useWords()
  const { record, problem } = useRecord(token, id, live?.revision)
  const alert = newest(live, record)
  const rule = alert === undefined ? undefined : rules.get(alert.rule.code)
  return (
    <section className="detail" aria-label={say('detail')} data-testid="detail" data-detail-id={id} data-severity={alert?.severity}>
      <header className="detail-head">
        <div className="detail-bar">
          {place.n > 0 && (
            <div className="walk">
              <IconButton title={say('detail.previous')} disabled={place.n <= 1} onClick={() => onMove(-1)} drawing="M10 3 5 8l5 5" />
              <span aria-label={say('detail.place', place)}>
                {place.n} / {place.total}
              </span>
              <IconButton title={say('detail.next')} disabled={place.n >= place.total} onClick={() => onMove(1)} drawing="m6 3 5 5-5 5" />
            </div>
          )}
          <code className="detail-id">{id}</code>
          <div className="detail-tools">
            <CopyButton text={() => location.href} label={say('detail.copy-link')} />
            {alert !== undefined && <CopyButton text={() => JSON.stringify(alert, null, 2)} label={say('detail.copy-json')} />}
            <IconButton
              title={say(wide ? 'detail.narrow' : 'detail.widen')}
              onClick={() => onWide(!wide)}
              drawing={wide ? 'M7 2v5H2M9 14V9h5' : 'M2 7V2h5M14 9v5H9'}
              pressed={wide}
            />
            <IconButton title={`${say('close')} (Esc)`} onClick={onClose} drawing="m3.5 3.5 9 9m0-9-9 9" testid="detail-close" />
          </div>
        </div>
        {alert !== undefined && (
          <div className="detail-title">
            <SeverityBadge severity={alert.severity} large />
            <h2>
              <b>{alert.rule.code}</b> {rule?.title[language]}
            </h2>
            <span className="detail-institution">{alert.institution}</span>
          </div>
        )}
      </header>
      {alert === undefined ? (
        <Missing problem={problem} />
      ) : (
        <div className="layers" tabIndex={-1}>
          <Layer n={1} name="conclusion" title={say('conclusion')}>
            <Conclusion alert={alert} />
          </Layer>
          <Layer n={2} name="law" title={say('law')}>
            <Law alert={alert} rule={rule} />
          </Layer>
          <Layer n={3} name="values" title={say('values')}>
            <Values alert={alert} rule={rule} />
          </Layer>
          <Layer n={4} name="path" title={say('path')}>
            <PathLayer alert={alert} />
          </Layer>
          <Layer n={5} name="evidence" title={say('evidence')}>
            <Evidence alert={alert} />
          </Layer>
          <section className="layer" data-layer="timeline">
            <h3>{say('timeline')}</h3>
            <Timeline record={record} problem={problem} />
          </section>
        </div>
      )}
    </section>
  )
}

const NUMERALS = ['', '①', '②', '③', '④', '⑤']

function Layer({ n, name, title, children }: { n: number; name: string; title: string; children: ReactNode }) {
  return (
    <section className="layer" data-layer={name} data-testid={`layer-${name}`}>
      <h3>
        <span className="layer-number" aria-hidden="true">
          {NUMERALS[n]}
        </span>
        {title}
      </h3>
      {children}
    </section>
  )
}

type IconProps = { title: string; drawing: string; onClick: () => void; disabled?: boolean; pressed?: boolean; testid?: string }

function IconButton({ title, drawing, onClick, disabled = false, pressed, testid }: IconProps) {
  return (
    <button type="button" className="icon" title={title} aria-label={title} aria-pressed={pressed} disabled={disabled} onClick={onClick} data-testid={testid}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={drawing} />
      </svg>
    </button>
  )
}

function Missing({ problem }: { problem: ApiError | undefined }) {
  const { say } = useWords()
  if (problem === undefined)
    return (
      <p className="detail-note" aria-busy="true">
        {say('detail.loading')}
      </p>
    )
  if (problem.status !== 404) return <p className="detail-note">{say('detail.failed', { why: problem.message })}</p>
  return (
    <div className="empty" data-testid="detail-missing">
      <h2>{say('detail.missing')}</h2>
      <p>{say('detail.missing.more')}</p>
    </div>
  )
}

function newest(live: PublishedAlert | undefined, record: AlertRecord | undefined): PublishedAlert | undefined {
  if (live === undefined || record === undefined) return live ?? record
  return record.revision > live.revision ? record : live
}

/** The alert with its revisions, fetched again when the feed brings a new one. */
function useRecord(token: Token, id: string, revision: number | undefined): { record: AlertRecord | undefined; problem: ApiError | undefined } {
  const [record, setRecord] = useState<AlertRecord>()
  const [problem, setProblem] = useState<ApiError>()
  const first = useRef(true)
  useEffect(() => {
    const abort = new AbortController()
    // Walking along the list opens many alerts for a moment each; only the one that stays is asked for.
    const timer = window.setTimeout(
      () => {
        first.current = false
        fetchAlert(token, id, abort.signal).then(
          (found) => {
            setRecord(found)
            setProblem(undefined)
          },
          (error: unknown) => {
            if (!abort.signal.aborted) setProblem(error instanceof ApiError ? error : new ApiError(0, String(error)))
          },
        )
      },
      first.current ? 120 : 0,
    )
    return () => {
      window.clearTimeout(timer)
      abort.abort()
    }
  }, [token, id, revision])
  return { record, problem }
}
