import { once } from 'node:events'
import { Argument, Command } from 'commander'
import type { Language } from '../../contract/errors.ts'
import { say } from '../../messages/index.ts'
import { whyWrong } from './check.ts'
import { FORMATS, type Format, importFile } from '../importers/importers.ts'
import { type ImportReport, totals } from '../importers/intake.ts'

export function importCommand(language: Language): Command {
  return new Command('import')
    .description(say('cli.import', language))
    .addArgument(new Argument('<format>').choices(FORMATS))
    .argument('<file...>')
    .action(async (format: Format, files: string[]) => {
      const out = lineWriter()
      const numbers = new Map<string, number>()
      try {
        for (const file of files) {
          const report = await importFile(format, file, out.write, numbers)
          process.stderr.write(`${reportLines(file, report, language).join('\n')}\n`)
          if (report.skipped.size > 0) process.exitCode = 1
        }
      } finally {
        await out.end()
      }
    })
}

function reportLines(file: string, report: ImportReport, language: Language): string[] {
  const { mapped, details, skipped, wrong, uncarried, assumed } = report
  const counts = (map: ReadonlyMap<string, number>) => [...map].map(([name, count]) => `${name} ${count}`).join(', ')
  return [
    say('import.report', language, { file, read: report.read, ...totals(report) }),
    ...[...mapped].map(([kind, { records, events }]) => say('import.mapped', language, { kind, records, events: counts(events) })),
    ...[...details].map(([of, count]) => say('import.detail', language, { count, of: say(of, language) })),
    ...[...skipped.values()].map(({ why, count, at, facts }) => say('import.skipped', language, { count, at, why: say(why, language, facts) })),
    ...[...wrong].map(([standard, of]) => say('import.wrong', language, { ...of, why: whyWrong({ standard }, language) })),
    ...(assumed.size === 0 ? [] : [say('import.assumed', language, { fields: counts(assumed) })]),
    ...(uncarried.size === 0 ? [] : [say('import.uncarried', language, { fields: counts(uncarried) })]),
  ]
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
