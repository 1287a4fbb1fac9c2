/**
 * 200 institutions with 1,000 positions each, 100,000 products in six layers, 1 M holding lines, 20 funds that every bank holds: built, judged again after
 * one changed holding, beside the same totals by a recursive CTE of DuckDB and by walking a graph of graphology. Then the dense worst case: 2,000 funds that hold 50 others each.
 *
 *     npm run bench:through -- products
 */
import { DuckDBInstance } from '@duckdb/node-api'
import graphology from 'graphology'
import { type Product, ProductGraph, type ProductLine, type Stake } from '../../pipeline/through/products.ts'
import { Clock, spread } from './clock.ts'

const [INSTITUTIONS, STAKES, PRODUCTS, LINES, LAYERS, OBLIGORS, SHARED] = [200, 1000, 100_000, 10, 6, 20_000, 20]
/** Of ten lines of a product above the lowest layer, those in other products. */
const NESTED_PART = 0.18
const CHANGES = 500

export async function measure(): Promise<void> {
  console.log(`the statements made, and nothing done with them ${made()}`)
  const graph = new ProductGraph()
  const building = new Clock()
  for (let id = 0; id < PRODUCTS; id++) graph.setProduct(`F${id}`, productOf(id))
  const described = building.text()
  for (let bank = 0; bank < INSTITUTIONS; bank++) for (const [position, stake] of stakesOf(bank)) graph.setStake(`B${bank}`, position, stake)
  const settling = new Clock()
  const reached = graph.coverage('B0').total
  console.log(`full build ${building.text()}, of it reading the statements ${described}, everything else ${settling.text()} (B0 has ${reached})`)
  const saying = new Clock()
  const rows = [...graph.changed().amounts.values()].reduce((sum, of) => sum + of.length, 0)
  console.log(`${rows} amounts, said ${saying.text()}; RSS ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`)
  changes(graph, 'one line of any product', anyProduct, 1)
  changes(graph, 'one line of a fund held by every bank', sharedFund, 1)
  changes(graph, 'all lines of a fund held by every bank', sharedFund, LINES)
  stakesChanged(graph)
  await recursive(graph, rows)
  walked(graph, rows)
  dense()
}

/** What the machine takes for the statements as objects alone, which is part of reading them. */
function made(): string {
  const at = new Clock()
  let lines = 0
  for (let id = 0; id < PRODUCTS; id++) lines += productOf(id).lines.length
  for (let bank = 0; bank < INSTITUTIONS; bank++) lines += stakesOf(bank).length
  return `${at.text()}, ${lines} lines and stakes`
}

/** One stake of each bank restated with another value at a time. */
function stakesChanged(graph: ProductGraph): void {
  const [wall, cpu, moved]: [number[], number[], number[]] = [[], [], []]
  for (let n = 0; n < CHANGES; n++) {
    const bank = n % INSTITUTIONS
    const [position, stake] = stakesOf(bank)[n] as [string, Stake]
    const at = new Clock()
    graph.setStake(`B${bank}`, position, { ...stake, value: stake.value + 1_000_000n })
    const { amounts } = graph.changed()
    const { wall: ms, cpu: busy } = at.read()
    wall.push(ms)
    cpu.push(busy)
    moved.push([...amounts.values()].reduce((sum, of) => sum + of.length, 0))
    graph.setStake(`B${bank}`, position, stake)
    graph.changed()
  }
  console.log(`one position of a bank changed: ${spread(wall)} ms, CPU ${spread(cpu)} ms; amounts changed ${spread(moved)}`)
}

/** One product restated at a time with some lines of another value; all put back at the end. */
function changes(graph: ProductGraph, name: string, pick: (n: number) => number, lines: number): void {
  const [wall, cpu, moved]: [number[], number[], number[]] = [[], [], []]
  for (let n = 0; n < CHANGES; n++) {
    const described = productOf(pick(n))
    const changed = { ...described, lines: described.lines.map((line, i) => (i < lines ? { ...line, value: line.value + BigInt(1_000_000 * (n + 1)) } : line)) }
    const at = new Clock()
    graph.setProduct(`F${pick(n)}`, changed)
    const { amounts } = graph.changed()
    const { wall: ms, cpu: busy } = at.read()
    wall.push(ms)
    cpu.push(busy)
    moved.push([...amounts.values()].reduce((sum, of) => sum + of.length, 0))
  }
  for (let n = 0; n < CHANGES; n++) graph.setProduct(`F${pick(n)}`, productOf(pick(n)))
  graph.changed()
  console.log(`${name} changed: ${spread(wall)} ms, CPU ${spread(cpu)} ms; amounts changed ${spread(moved)}`)
}

/** The same totals by a recursive CTE over tables, read from them before. */
async function recursive(graph: ProductGraph, rows: number): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  await connection.run(
    'CREATE TABLE stake(bank INTEGER, product INTEGER, part DOUBLE); CREATE TABLE line(product INTEGER, issuer INTEGER, held INTEGER, value DOUBLE, part DOUBLE)',
  )
  const [stakes, lines] = [await connection.createAppender('stake'), await connection.createAppender('line')]
  for (let bank = 0; bank < INSTITUTIONS; bank++) {
    for (const [, { product, value }] of stakesOf(bank)) {
      stakes.appendInteger(bank)
      stakes.appendInteger(number(product))
      stakes.appendDouble(Number(value) / Number(NAV))
      stakes.endRow()
    }
  }
  for (let id = 0; id < PRODUCTS; id++) {
    for (const line of productOf(id).lines) {
      lines.appendInteger(id)
      if (line.issuer === undefined) lines.appendNull()
      else lines.appendInteger(number(line.issuer))
      if (line.product === undefined) lines.appendNull()
      else lines.appendInteger(number(line.product))
      lines.appendDouble(Number(line.value))
      lines.appendDouble(Number(line.value) / Number(NAV))
      lines.endRow()
    }
  }
  stakes.closeSync()
  lines.closeSync()
  const at = new Clock()
  await connection.run(`CREATE TABLE total AS WITH RECURSIVE walk AS (
      SELECT bank, product, part FROM stake UNION ALL
      SELECT walk.bank, line.held, walk.part * line.part FROM walk JOIN line USING (product) WHERE line.held IS NOT NULL)
    SELECT bank, issuer, sum(round_even(walk.part * value, 0)::BIGINT)::BIGINT AS amount FROM walk JOIN line USING (product) WHERE issuer IS NOT NULL GROUP BY ALL`)
  console.log(`recursive CTE ${at.text()}, its tables filled beforehand`)
  const totals = await connection.stream('SELECT bank, issuer, amount FROM total WHERE amount <> 0')
  let [seen, wrong] = [0, 0]
  for (let chunk = await totals.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await totals.fetchChunk()) {
    const [banks, issuers, amounts] = [0, 1, 2].map((k) => chunk?.getColumnValues(k) ?? [])
    for (let i = 0; i < chunk.rowCount; i++, seen++) if (graph.amount(`B${banks?.[i]}`, 'party', `P${issuers?.[i]}`) !== amounts?.[i]) wrong++
  }
  console.log(`  its ${seen} totals: ${wrong} differ from ours, of ${rows}`)
}

type Edge = { kind: 'held' | 'ends'; value: number; part: number }

/** The same totals by walking down every path in a graph of graphology. */
function walked(graph: ProductGraph, rows: number): void {
  const building = new Clock()
  const walkable = new graphology.MultiDirectedGraph<object, Edge>()
  for (let id = 0; id < PRODUCTS; id++) walkable.addNode(`F${id}`)
  for (let id = 0; id < OBLIGORS; id++) walkable.addNode(`P${id}`)
  for (let id = 0; id < PRODUCTS; id++)
    for (const { issuer, product, value } of productOf(id).lines)
      walkable.addEdge(`F${id}`, issuer ?? product ?? '', {
        kind: issuer === undefined ? 'held' : 'ends',
        value: Number(value),
        part: Number(value) / Number(NAV),
      })
  console.log(`graphology: graph ${building.text()}`)
  const at = new Clock()
  let [seen, wrong] = [0, 0]
  for (let bank = 0; bank < INSTITUTIONS; bank++) {
    const totals = new Map<string, number>()
    const stack = stakesOf(bank).map(([, { product, value }]): [string, number] => [product, Number(value) / Number(NAV)])
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const [node, part] = top
      walkable.forEachOutEdge(node, (_, edge, __, to) => {
        if (edge.kind === 'held') stack.push([to, part * edge.part])
        else totals.set(to, (totals.get(to) ?? 0) + halfEven(part * edge.value))
      })
    }
    if (bank % 20 === 0) for (const [issuer, amount] of totals) if (graph.amount(`B${bank}`, 'party', issuer) !== BigInt(amount)) wrong++
    seen += totals.size
  }
  console.log(`  every path walked ${at.text()}; ${seen} totals of ${rows}, every 20th bank compared: ${wrong} differ`)
}

/** 2,000 funds that hold 50 others each, held by every bank: built, and one of them changed. */
function dense(): void {
  const [size, held] = [2000, 50]
  const graph = new ProductGraph()
  const at = new Clock()
  const fund = (n: number, bonds: bigint): Product => {
    const lines = Array.from({ length: held }, (_, k): ProductLine => ({ kind: 'fundUnits', product: `C${(n + 1 + k * k) % size}`, value: 18_000n }))
    return product([...lines, { kind: 'bond', issuer: `P${n % 100}`, value: bonds }], 1_000_000n)
  }
  for (let n = 0; n < size; n++) graph.setProduct(`C${n}`, fund(n, 100_000n))
  for (let bank = 0; bank < INSTITUTIONS; bank++) graph.setStake(`B${bank}`, 'C', { kind: 'fundUnits', product: `C${bank}`, value: 100_000n, ref: REF })
  const { identified } = graph.coverage('B0')
  console.log(`circle of ${size} with ${size * held} lines, held by every bank: built ${at.text()}, B0 reaches ${identified} of 100000`)
  const again = new Clock()
  graph.setProduct('C7', fund(7, 90_000n))
  graph.changed()
  console.log(`  one of them changed ${again.text()}; capped ${JSON.stringify(graph.capped)}`)
}

const NAV = 1_000_000_000n
const REF = { event: 'statement', order: '' }

function product(lines: ProductLine[], nav: bigint): Product {
  return { nav, lines, unidentified: 0n, tranches: new Map(), ref: REF }
}

/** The layer of a product is its number modulo the layers; lines in products are in those of lower layers. */
function productOf(id: number): Product {
  const next = random(id * 7919 + 1)
  const layer = id % LAYERS
  return product(
    Array.from({ length: LINES }, (): ProductLine => {
      const [draw, to, value] = [next(), next(), 1_000_000n + BigInt(Math.floor(next() * 150_000_000))]
      if (layer === 0 || draw >= NESTED_PART) return { kind: 'bond', issuer: `P${Math.floor(to * OBLIGORS)}`, value }
      const below = Math.floor(next() * layer)
      return { kind: 'fundUnits', product: `F${Math.floor((to * PRODUCTS) / LAYERS) * LAYERS + below}`, value }
    }),
    NAV,
  )
}

function stakesOf(bank: number): [position: string, Stake][] {
  const next = random(bank + 17)
  return Array.from({ length: STAKES }, (_, n): [string, Stake] => {
    const id = n < SHARED ? sharedFund(n) : Math.floor(next() * PRODUCTS)
    return [`position-${n}`, { kind: 'fundUnits', product: `F${id}`, value: 1_000_000n + BigInt(Math.floor(next() * 90_000_000)), ref: REF }]
  })
}

/** Of the highest layer. */
function sharedFund(n: number): number {
  return LAYERS - 1 + LAYERS * (n % SHARED)
}

function anyProduct(n: number): number {
  return Math.floor(random(n + 31)() * PRODUCTS)
}

/** Mulberry32: the same numbers for the same seed, from 0 up to 1. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function halfEven(exact: number): number {
  const below = Math.floor(exact)
  const rest = exact - below
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below
}

function number(id: string): number {
  return Number(id.slice(1))
}
