import { playDemo } from './play.ts'
import { HELP, readOptions } from './options.ts'
import { terminalOf } from './terminal.ts'

const INTERRUPTED_EXIT_CODE = 130

await main()

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options.kind === 'help') {
    process.stdout.write(HELP)
    return
  }
  if (options.kind === 'mistake') {
    process.stderr.write(`${options.because}\n\`npm run demo -- --help\` says what there is.\n`)
    process.exitCode = 1
    return
  }
  const terminal = terminalOf(process.stdout, process.env)
  const ending = await playDemo(options, { terminal, interruption: watchInterruptions() })
  switch (ending.kind) {
    case 'told':
      return
    case 'interrupted':
      process.exitCode = INTERRUPTED_EXIT_CODE
      return
    case 'surprise':
      process.stderr.write(`\n✗ The demo did not end as expected: ${ending.because}\n`)
      process.exitCode = 1
  }
}

/** The first Ctrl-C cancels the running step as GitHub would, the second one does not wait for it. */
function watchInterruptions(): { readonly first: AbortSignal; readonly second: AbortSignal } {
  const first = new AbortController()
  const second = new AbortController()
  const interrupt = (): void => {
    if (first.signal.aborted) second.abort()
    else first.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  // Whoever read the output is gone (`npm run demo | head`): nobody needs the rest, but everything must be tidied up.
  process.stdout.on('error', () => {
    first.abort()
    second.abort()
  })
  return { first: first.signal, second: second.signal }
}
