/**
 * Which values of an alert a bank is told where the alert rests on others' records too. What a rule was judged by, its figures, is what the bank is to
 * know; texts could name others, and are told only where a rule's are words of ours or come from the bank's own records. A rule that is not named here keeps
 * its texts to itself.
 */

/** By rule: texts that name nobody but the bank and whom it named itself. */
export const TOLD_TEXTS: Record<string, readonly string[]> = {
  'CR-09': ['class', 'floor'],
  'CR-18': ['sinks'],
  // A circle within one institution is made of its own guarantees; one across several is nobody's.
  'CR-20': ['members', 'institutions'],
  'CR-21': ['scope'],
  'DQ-01': ['reason'],
  'DQ-05': ['part'],
  'DQ-08': ['reason'],
  'DQ-12': ['metric', 'rules'],
  'OP-01': ['direction'],
  'OP-02': ['direction'],
  'OP-13': ['via'],
  'OP-14': ['provinces', 'grade'],
  'OP-16': ['part'],
}

/** By rule: figures that others' statements alone could add up to. */
export const KEPT_FIGURES: Record<string, readonly string[]> = {
  // Shares of a party's owners, of which the bank may have stated one.
  'DQ-08': ['sum'],
  // Of someone listed in someone else, as their owners were stated.
  'OP-13': ['share'],
}

/** A decimal number, or a time; as RE2 and JavaScript both read it. */
export const FIGURE = '^-?[0-9]+(\\.[0-9]+)?$|^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]+Z)?$'
const figure = new RegExp(FIGURE)

export function toldValues(code: string, values: Readonly<Record<string, string>>): Record<string, string> {
  const [texts, kept] = [TOLD_TEXTS[code] ?? [], KEPT_FIGURES[code] ?? []]
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => !kept.includes(name) && (figure.test(value) || texts.includes(name))))
}
