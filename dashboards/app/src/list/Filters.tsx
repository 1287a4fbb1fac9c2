import { useMemo } from 'react'
import type { Severity } from '../../../../pipeline/contract/rule.ts'
import type { View } from '../feed/store.ts'
import { SeverityMark } from '../frame/Severity.tsx'
import { DEFAULT_FILTERS, FACETS, type Facet, type Filters as Chosen, formatRoute, DEFAULT_SORT, go } from '../route.ts'
import { ROMAN, SEVERITY_ORDER } from '../words/alert-words.ts'
import { useWords } from '../words/language.ts'
import { facetCounts, type Rules } from './select.ts'

const STATES: readonly string[] = ['new', 'resolved']

/** The fixed four facets with their counts. */
export function Filters({ view, filters, rules }: { view: View; filters: Chosen; rules: Rules }) {
  const { say } = useWords()
  const counts = useMemo(() => facetCounts(view.alerts, filters), [view.alerts, filters])
  const changed =
    formatRoute({ alert: undefined, filters, sort: DEFAULT_SORT }) !== formatRoute({ alert: undefined, filters: DEFAULT_FILTERS, sort: DEFAULT_SORT })
  return (
    <aside className="filters" aria-label={say('filters')}>
      <div className="filters-head">
        <h2>{say('filters')}</h2>
        <button type="button" className="quiet" disabled={!changed} onClick={() => go({ filters: DEFAULT_FILTERS }, true)}>
          {say('filters.clear')}
        </button>
      </div>
      {FACETS.map((facet) => (
        <FacetGroup key={facet} facet={facet} counts={counts[facet]} chosen={filters[facet]} filters={filters} rules={rules} />
      ))}
    </aside>
  )
}

type GroupProps = { facet: Facet; counts: Map<string, number>; chosen: readonly string[]; filters: Chosen; rules: Rules }

function FacetGroup({ facet, counts, chosen, filters, rules }: GroupProps) {
  const { say, label, language } = useWords()
  const values = valuesOf(facet, counts, chosen)
  const toggle = (value: string) => {
    const next = chosen.includes(value) ? chosen.filter((v) => v !== value) : [...chosen, value]
    go({ filters: { ...filters, [facet]: next } }, true)
  }
  return (
    <fieldset className="facet" data-facet={facet}>
      <legend>{say(facet)}</legend>
      {values.map((value) => (
        <label key={value} data-testid={`facet-${facet}-${value}`} title={facet === 'rule' ? rules.get(value)?.title[language] : undefined}>
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
          <span className="facet-name">
            {facet === 'severity' ? (
              <>
                <SeverityMark severity={value as Severity} /> {label('severity', value)} {ROMAN[value as Severity]}
              </>
            ) : facet === 'rule' ? (
              <>
                <b>{value}</b> {rules.get(value)?.title[language]}
              </>
            ) : facet === 'state' ? (
              label('state', value)
            ) : (
              value
            )}
          </span>
          <span className="facet-count">{(counts.get(value) ?? 0).toLocaleString('en')}</span>
        </label>
      ))}
      {values.length === 0 && <p className="facet-none">{say('none')}</p>}
    </fieldset>
  )
}

function valuesOf(facet: Facet, counts: Map<string, number>, chosen: readonly string[]): readonly string[] {
  if (facet === 'severity') return SEVERITY_ORDER
  const known = facet === 'state' ? STATES : []
  const rest = [...new Set([...counts.keys(), ...chosen])].filter((v) => !known.includes(v)).sort()
  return [...known, ...rest]
}
