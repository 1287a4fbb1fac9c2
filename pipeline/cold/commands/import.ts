import { once } from 'node:events'
import { Argument, Command } from 'commander'
import type { Language } from '../../contract/errors.ts'
import { say } from '../../messages/index.ts'
import { importAmlsim } from '../importers/amlsim.ts'

const IMPORTERS = { amlsim: importAmlsim }

export function importCommand(language: Language): Command {
  return new Command('import')
    .description(say('cli.import', language))
    .addArgument(new Argument('<format>').choices(Object.keys(IMPORTERS)))
    .argument('<file...>')
    .action(async (format: keyof typeof IMPORTERS, files: string[]) => {
      const out = lineWriter()
      for (const file of files) {
        const report = await IMPORTERS[format](file, out.write)
        process.stderr.write(`${say('import.report', language, { file, read: report.read, written: report.written, skipped: report.skipped.length })}\n`)
        for (const { row, why } of report.skipped.slice(0, 20)) process.stderr.write(`${say('import.skipped', language, { row, why })}\n`)
        if (report.skipped.length > 0) process.exitCode = 1
      }
      await out.end()
    })
}

/** Lines to stdout in slabs, waiting for whoever reads them. A reader that goes away ends the import quietly. */
function lineWriter(): { write(line: string): Promise<void> | void; end(): Promise<void> } {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  let slab: string[] = []
  const flush = async () => {
    const text = slab.join('')
    slab = []
    if (!process.stdout.write(text)) await once(process.stdout, 'drain')
  }
  return {
    write(line) {
      slab.push(line)
      return slab.length >= 1000 ? flush() : undefined
    },
    end: flush,
  }
}
