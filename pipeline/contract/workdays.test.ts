import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { addWorkingDays, workingDay } from './workdays.ts'

/**
 * 国务院办公厅关于部分节假日安排的通知, of 2023-10-25 (2024), 2024-11-12 (2025) and 2025-11-04 (2026): first and last day of each holiday, and the weekend
 * days worked in exchange.
 */
const NOTICES: Record<string, { off: [first: string, last: string][]; worked: string[] }> = {
  2024: {
    off: [
      ['01-01', '01-01'],
      ['02-10', '02-17'],
      ['04-04', '04-06'],
      ['05-01', '05-05'],
      ['06-10', '06-10'],
      ['09-15', '09-17'],
      ['10-01', '10-07'],
    ],
    worked: ['02-04', '02-18', '04-07', '04-28', '05-11', '09-14', '09-29', '10-12'],
  },
  2025: {
    off: [
      ['01-01', '01-01'],
      ['01-28', '02-04'],
      ['04-04', '04-06'],
      ['05-01', '05-05'],
      ['05-31', '06-02'],
      ['10-01', '10-08'],
    ],
    worked: ['01-26', '02-08', '04-27', '09-28', '10-11'],
  },
  2026: {
    off: [
      ['01-01', '01-03'],
      ['02-15', '02-23'],
      ['04-04', '04-06'],
      ['05-01', '05-05'],
      ['06-19', '06-21'],
      ['09-25', '09-27'],
      ['10-01', '10-07'],
    ],
    worked: ['01-04', '02-14', '02-28', '05-09', '09-20', '10-10'],
  },
}

const shanghai = (text: string) => Date.parse(`${text}+08:00`)

describe('working days', () => {
  test.each(Object.entries(NOTICES))('of %s are those of the notice, every day of the year', (year, { off, worked }) => {
    for (let ms = Date.parse(`${year}-01-01T00:00:00Z`); new Date(ms).getUTCFullYear() === Number(year); ms += 86_400_000) {
      const day = new Date(ms).toISOString().slice(0, 10)
      const date = day.slice(5)
      const weekend = [0, 6].includes(new Date(ms).getUTCDay())
      const holiday = off.some(([first, last]) => date >= first && date <= last)
      expect(workingDay(day), day).toEqual({ works: worked.includes(date) || (!weekend && !holiday), published: true })
    }
  })

  test('of a year without a notice are those of the week, but for New Year’s Day, and known to be so', () => {
    expect(workingDay('2097-01-01')).toEqual({ works: false, published: false })
    expect(workingDay('2097-01-02')).toEqual({ works: true, published: false })
    expect(workingDay('2097-01-05')).toEqual({ works: false, published: false })
  })
})

describe('a clock of working days', () => {
  test('on 2026-02-13, five of them end on the 27th: the 14th is worked for the Spring Festival, nine days are off', () => {
    const { day, end, published } = addWorkingDays(shanghai('2026-02-13T17:00:00'), 5)
    expect([day, new Date(end).toISOString(), published]).toEqual(['2026-02-27', '2026-02-27T16:00:00.000Z', true])
  })

  test('on 2026-02-27, the next is Saturday the 28th', () => {
    expect(addWorkingDays(shanghai('2026-02-27T09:00:00'), 1).day).toBe('2026-02-28')
  })

  test('on 2025-09-30, the next is the 9th of October', () => {
    expect(addWorkingDays(shanghai('2025-09-30T00:00:00'), 1).day).toBe('2025-10-09')
  })

  test('the day is that of Shanghai: a minute before its midnight, and a minute after', () => {
    expect(addWorkingDays(shanghai('2026-03-02T23:59:00'), 1).day).toBe('2026-03-03')
    expect(addWorkingDays(shanghai('2026-03-03T00:01:00'), 1).day).toBe('2026-03-04')
  })

  test('what begins on a day off counts from the next working day', () => {
    expect(addWorkingDays(shanghai('2026-10-03T12:00:00'), 1).day).toBe('2026-10-08')
  })

  test('an end in a year without a notice says that it may still move', () => {
    expect(addWorkingDays(shanghai('2026-12-30T12:00:00'), 1)).toMatchObject({ day: '2026-12-31', published: true })
    expect(addWorkingDays(shanghai('2096-12-30T12:00:00'), 5).published).toBe(false)
  })

  test('says the same in any time zone of the machine', () => {
    const module = fileURLToPath(new URL('./workdays.ts', import.meta.url))
      .replace('/pipeline/', '/dist/pipeline/')
      .replace(/\.ts$/, '.js')
    const script = `import(${JSON.stringify(module)}).then((m) => console.log(m.addWorkingDays(${shanghai('2026-02-13T17:00:00')}, 5).day, m.workingDay('2024-02-04').works))`
    for (const TZ of ['America/New_York', 'Pacific/Auckland', 'UTC'])
      expect(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env: { ...process.env, TZ } }).stdout.trim()).toBe('2026-02-27 true')
  })
})
