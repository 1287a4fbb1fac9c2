/** Waits for Ctrl-C, SIGTERM, a time limit, or for something that has to keep running to fail. */
export async function untilStopped(options: { after?: number | undefined; failing: Promise<unknown>[] }): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let stop: (() => void) | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      stop = resolve
      process.once('SIGINT', resolve)
      process.once('SIGTERM', resolve)
      if (options.after !== undefined) timer = setTimeout(resolve, options.after * 1000)
      for (const running of options.failing) running.then(() => resolve(), reject)
    })
  } finally {
    clearTimeout(timer)
    if (stop !== undefined) {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    }
  }
}
