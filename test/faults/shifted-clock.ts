/**
 * Loaded before the program (`node --import`), in each of its threads: the system's clock as others would set it. `LOOKTHROUGH_CLOCK_STEPS` is JSON,
 * [[ms since the program began, shift in ms], …]: from then on, the time of day is wrong by so much.
 */
const steps = JSON.parse(process.env['LOOKTHROUGH_CLOCK_STEPS'] ?? '[]') as [from: number, shift: number][]
const now = Date.now.bind(Date)
const began = now() - process.uptime() * 1000

const shifted = () => {
  const time = now()
  return time + (steps.findLast(([from]) => time - began >= from)?.[1] ?? 0)
}

globalThis.Date = new Proxy(Date, {
  construct: (target, values: unknown[]) => Reflect.construct(target, values.length === 0 ? [shifted()] : values) as object,
  get: (target, name) => (name === 'now' ? shifted : (Reflect.get(target, name) as unknown)),
})
