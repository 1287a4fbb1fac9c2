/** The look-through engine's benchmarks, each named by its file: `npm run bench:through -- network`. */
type Part = { measure(): void | Promise<void> }

for (const name of process.argv.slice(2)) {
  process.stdout.write(`${name}\n`)
  const part = (await import(`./${name}.js`)) as Part
  await part.measure()
}
