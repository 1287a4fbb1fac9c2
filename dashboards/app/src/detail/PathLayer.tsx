import { useMemo, useState } from 'react'
import type { PublishedAlert } from '../../../../pipeline/contract/alert.ts'
import { REDACTED } from '../words/alert-words.ts'
import { grouped, percent } from '../words/format.ts'
import { useWords } from '../words/language.ts'
import { PathGraph } from './PathGraph.tsx'
import { graphOf, layersOf, pathsOf } from './paths.ts'

/** The way from the institution to the obligor, as a graph and, with the same content, as a table. */
export function PathLayer({ alert }: { alert: PublishedAlert }) {
  const { say } = useWords()
  const [view, setView] = useState<'graph' | 'table'>('graph')
  const graph = useMemo(() => graphOf(alert), [alert])
  if (alert.path.length === 0) return <p className="nothing">{say('path.none')}</p>
  return (
    <>
      <div className="path-head">
        <span>{say('path.counts', { paths: pathsOf(alert).length, layers: layersOf(alert) })}</span>
        <div className="switch" role="group" aria-label={say('path.view')}>
          {(['graph', 'table'] as const).map((one) => (
            <button key={one} type="button" aria-pressed={view === one} onClick={() => setView(one)} data-testid={`path-${one}-button`}>
              {say(`path.${one}`)}
            </button>
          ))}
        </div>
      </div>
      {view === 'graph' ? <PathGraph alert={alert} graph={graph} /> : <PathTable alert={alert} />}
      {view === 'graph' && graph.folded > 0 && <p className="nothing">{say('path.folded', { count: graph.folded })}</p>}
    </>
  )
}

function PathTable({ alert }: { alert: PublishedAlert }) {
  const { say, label } = useWords()
  const name = (id: string) =>
    id === REDACTED ? (
      <span className="redacted" title={say('path.redacted')}>
        {REDACTED}
      </span>
    ) : id === 'unknown' ? (
      label('subject', 'unknown')
    ) : (
      id
    )
  return (
    <div className="scroll-x">
      <table className="plain path-table" data-testid="path-table">
        <thead>
          <tr>
            <th scope="col">{say('path.index')}</th>
            <th scope="col">{say('path.from')}</th>
            <th scope="col">{say('path.to')}</th>
            <th scope="col">{say('path.kind')}</th>
            <th scope="col" className="number">
              {say('path.share')}
            </th>
            <th scope="col" className="number">
              {say('path.amount')}
            </th>
          </tr>
        </thead>
        <tbody>
          {pathsOf(alert).flatMap((path, p) =>
            path.map((step, i) => (
              <tr key={`${p}.${i}`} data-first={i === 0} title={step.event === undefined ? undefined : `${say('path.event')} ${step.event}`}>
                <td className="number">{i === 0 ? p + 1 : ''}</td>
                <td>{name(step.from)}</td>
                <td>{name(step.to)}</td>
                <td>{label('kind', step.kind)}</td>
                <td className="number">{step.share === undefined ? '' : percent(step.share)}</td>
                <td className="number">{step.amount === undefined ? '' : grouped(step.amount)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  )
}
