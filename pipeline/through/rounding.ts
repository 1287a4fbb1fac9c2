/** The nearest whole number, of two the even one. */
export function roundHalfEven(exact: number): number {
  const below = Math.floor(exact)
  const rest = exact - below
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below
}
