/** Two languages from the product's one catalogue; zh-CN first. The choice stays in this browser. */
import i18next from 'i18next'
import { createContext, useContext, useMemo } from 'react'
import { initReactI18next, useTranslation } from 'react-i18next'
import { DASHBOARD } from '../../../../pipeline/messages/dashboard.ts'

export type Language = 'zh' | 'en'
export type Facts = Record<string, string | number>
type Prefix = 'dashboard.'
type Name<K> = K extends `${Prefix}${infer Rest}` ? Rest : never
export type MessageName = Name<keyof typeof DASHBOARD>
export type Say = (name: MessageName, facts?: Facts) => string

const STORED = 'lookthrough.language'

export function startLanguage(): void {
  const entries = Object.entries(DASHBOARD)
  const resources = (language: Language) => ({ translation: Object.fromEntries(entries.map(([key, words]) => [key, words[language]])) })
  void i18next.use(initReactI18next).init({
    lng: storedLanguage(),
    fallbackLng: 'zh',
    resources: { zh: resources('zh'), en: resources('en') },
    keySeparator: false,
    nsSeparator: false,
    initAsync: false,
    interpolation: { prefix: '{', suffix: '}', escapeValue: false },
  })
  markDocument(currentLanguage())
  i18next.on('languageChanged', () => markDocument(currentLanguage()))
}

export function changeLanguage(language: Language): void {
  localStorage.setItem(STORED, language)
  void i18next.changeLanguage(language)
}

/** `say` in the present language; `label` for names that come from data, which show as they stand where the catalogue has none. */
export type AllWords = { say: Say; label: (group: string, name: string) => string; language: Language }

/** Subscribes to the language once for the whole page: rows come and go by the dozen while one scrolls. */
export function useAllWords(): AllWords {
  const { t, i18n } = useTranslation()
  const language = i18n.language === 'en' ? 'en' : 'zh'
  return useMemo(
    () => ({
      say: (name, facts = {}) => t(`dashboard.${name}`, facts),
      label: (group, name) => t(`dashboard.${group}.${name}`, { defaultValue: name }),
      language,
    }),
    [t, language],
  )
}

export const WordsContext = createContext<AllWords | undefined>(undefined)

/** Throws outside a WordsContext. */
export function useWords(): AllWords {
  const words = useContext(WordsContext)
  if (words === undefined) throw new Error('useWords needs a WordsContext around it')
  return words
}

function currentLanguage(): Language {
  return i18next.language === 'en' ? 'en' : 'zh'
}

function storedLanguage(): Language {
  return (localStorage.getItem(STORED) ?? navigator.language).startsWith('en') ? 'en' : 'zh'
}

function markDocument(language: Language): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}
