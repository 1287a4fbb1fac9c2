/** What every rule of the reference has alike. */
export const common = (code: string, name: string) => ({
  code,
  id: `trial/${name}`,
  version: '1.0.0',
  title: { zh: '试', en: name },
  law: [{ act: '试', article: '一', inForce: '2026-01-01', verified: false }],
  advice: { zh: '看', en: 'look' },
  disclosure: 'supervisor' as const,
  gaps: [],
})
