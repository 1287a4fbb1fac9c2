/**
 * Contagion between institutions that all lend to each other: the first clearing with one default per institution, then one changed claim. A dense network is the
 * worst case; beside it one as banks form it, each lending to a few. Rival: the same defaults by plain iteration over the full matrix.
 */
import { randomFor } from '../../pipeline/scenario/random.ts'
import { InterbankNetwork } from '../../pipeline/through/network/network.ts'

const INSTITUTIONS = 500

export function measure(): void {
  for (const [what, partners, part] of [
    ['dense', INSTITUTIONS - 1, 0.2],
    ['dense, heavily lent', INSTITUTIONS - 1, 1.5],
    ['sparse', 10, 0.2],
  ] as const) {
    const claims = claimsOf(partners, part)
    const network = filled(claims)
    const built = spent(() => network.changed())
    const short = names().filter((n) => network.clearing(n)?.short === true).length
    const changed = Array.from({ length: 3 }, (_, k) => spent(() => change(network, k)))
    const plain = spent(() => [0, 1, 2, 3].map((d) => iterate(claims, d)))
    process.stdout.write(
      `${what}: ${INSTITUTIONS} institutions, ${claims.length} claims, ${short} short, ${network.capped} capped\n` +
        `  clearing and ${INSTITUTIONS} defaults under two models ${text(built)}; one changed claim ${text(median(changed))}\n` +
        `  4 of the defaults by plain iteration ${text(plain)}; RSS ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB\n`,
    )
  }
}

type Claim = { creditor: number; debtor: number; amount: number }

/** Each lends to the `partners` next to it, all in all about `part` of its equity of 10 billion yuan. */
function claimsOf(partners: number, part: number): Claim[] {
  const random = randomFor(7, 'claims')
  return names().flatMap((_, creditor) =>
    Array.from({ length: partners }, (_, k) => ({
      creditor,
      debtor: (creditor + 1 + k) % INSTITUTIONS,
      amount: Math.round(((EQUITY * part) / partners) * random.between(0.5, 1.5)),
    })),
  )
}

const EQUITY = 10 ** 12

/** External liabilities leave every tenth short. */
function filled(claims: readonly Claim[]): InterbankNetwork {
  const network = new InterbankNetwork()
  claims.forEach(({ creditor, debtor, amount }, n) =>
    network.setExposure(`${n}`, { institution: nameOf(creditor), issuer: nameOf(debtor), amount: BigInt(amount) }),
  )
  for (const [i, name] of names().entries()) {
    network.setMetric(name, 'equity', BigInt(EQUITY))
    network.setMetric(name, 'external-assets', BigInt(EQUITY * 10))
    network.setMetric(name, 'external-liabilities', BigInt(Math.round(EQUITY * (i % 10 === 0 ? 10.1 : 9))))
  }
  return network
}

function change(network: InterbankNetwork, k: number): void {
  network.setExposure('0', { institution: nameOf(0), issuer: nameOf(1), amount: BigInt(10 ** 9 + k) })
  network.changed()
}

function iterate(claims: readonly Claim[], defaulting: number): Float64Array {
  const lent = new Float64Array(INSTITUTIONS * INSTITUTIONS)
  for (const { creditor, debtor, amount } of claims) lent[creditor * INSTITUTIONS + debtor] = amount / EQUITY
  let h = new Float64Array(INSTITUTIONS)
  h[defaulting] = 1
  for (let moved = 1; moved > 1e-15; ) {
    const next = new Float64Array(INSTITUTIONS)
    for (let i = 0; i < INSTITUTIONS; i++) {
      let sum = 0
      for (let j = 0; j < INSTITUTIONS; j++) sum += (lent[i * INSTITUTIONS + j] as number) * (h[j] as number)
      next[i] = i === defaulting ? 1 : Math.min(1, sum)
    }
    moved = next.reduce((most, x, i) => Math.max(most, x - (h[i] as number)), 0)
    h = next
  }
  return h
}

function nameOf(i: number): string {
  return `B${String(i).padStart(4, '0')}`
}

function names(): string[] {
  return Array.from({ length: INSTITUTIONS }, (_, i) => nameOf(i))
}

/** ms on the clock, and of processor time: what else runs on the machine is in the first alone. */
type Spent = { wall: number; cpu: number }

function spent(act: () => unknown): Spent {
  const [started, before] = [performance.now(), process.cpuUsage()]
  act()
  const { user, system } = process.cpuUsage(before)
  return { wall: performance.now() - started, cpu: (user + system) / 1000 }
}

function median(of: Spent[]): Spent {
  return of.sort((a, b) => a.cpu - b.cpu)[Math.floor(of.length / 2)] ?? { wall: 0, cpu: 0 }
}

function text({ wall, cpu }: Spent): string {
  return `${wall.toFixed(0)} ms (CPU ${cpu.toFixed(0)})`
}
